#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Install MemX on this machine from a repository of its packages, configure it, start it; or take
# all of that back. docs/INSTALL.md goes through it step by step. Says what it will do before it does
# it; run twice, it changes nothing.
#
# MEMX_ROOT (for tests of --dry-run): look at the system below this folder.
set -u
PATH=$PATH:/usr/sbin:/sbin
root=${MEMX_ROOT:-}
here=$(cd "$(dirname "$0")" && pwd)
conf=/etc/memx/memx.conf
key=/etc/memx/cluster.key
state=/var/lib/memx-install
log=/var/log/memx-install.log
source_file=/etc/apt/sources.list.d/memx.sources
keyring=/usr/share/keyrings/memx-archive-keyring.gpg
dnf_file=/etc/yum.repos.d/memx.repo
repo='' repo_key='' role='' links='' capacity='' swap_size='' key_file=''
boot='' unattended='' dry_run='' uninstall=''
tab=$(printf '\t')

help() {
	cat <<'END'
install.sh: install MemX on this machine, or take it back

  --role client|server|both  use memory of others, give memory to others, or both
  --link IFNAME              network device that leads to the other machines (can be repeated)
  --capacity SIZE|PERCENT%   server: memory to give, such as 48G; by default 50%
  --swap-size SIZE           client: swap on remote memory, such as 64G; by default none
  --boot                     client: swap before the root file system is mounted; the initramfs
                             holds the cluster key then
  --key-file FILE            cluster key of the other machines; without it, a new one is made
  --repo DIR|URL             repository of the packages; by default beside this script
  --repo-key FILE            key that the repository is signed with
  --unattended               ask nothing
  --dry-run                  only say what would be done
  --uninstall                take everything back
  --help

Ends with 0 when all is done, 1 when something failed, 2 when it was called wrongly, 3 when all is
done and 'memx-admin doctor' found something.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }

die() {
	warn "$*"
	exit 1
}

usage() {
	warn "$*; see 'install.sh --help'"
	exit 2
}

# What a step of a package manager prints is of interest only when it fails.
quietly() {
	"$@" >>"$log" 2>&1 </dev/null && return
	tail -n 15 "$log" >&2
	die "'$*' failed; $log has all of it"
}

read_options() {
	while [ $# -gt 0 ]; do
		option=$1
		shift
		case $option in
		--role | --link | --capacity | --swap-size | --key-file | --repo | --repo-key)
			[ $# -gt 0 ] || usage "$option needs a value"
			value=$1
			shift
			;;
		--*=*)
			value=${option#*=}
			option=${option%%=*}
			;;
		*) value='' ;;
		esac
		take_option "$option" "$value"
	done
}

take_option() { # OPTION VALUE
	case $1 in
	--role) role=$2 ;;
	--link) links="$links $2" ;;
	--capacity) capacity=$2 ;;
	--swap-size) swap_size=$2 ;;
	--key-file) key_file=$2 ;;
	--repo) repo=$2 ;;
	--repo-key) repo_key=$2 ;;
	--boot) boot=yes ;;
	--unattended) unattended=yes ;;
	--dry-run) dry_run=yes ;;
	--uninstall) uninstall=yes ;;
	--help | -h)
		help
		exit 0
		;;
	*) usage "there is no option $1" ;;
	esac
}

# The network devices that a link can be made of: Ethernet, no loopback.
devices() {
	for device in "$root"/sys/class/net/*; do
		[ "$(cat "$device/type" 2>/dev/null)" = 1 ] && printf '%s ' "${device##*/}"
	done
}

is_size() { printf '%s\n' "$1" | grep -Eqx '[1-9][0-9]*([KMGTP](iB)?)?'; }

is_percent() { printf '%s\n' "$1" | grep -Eqx '([1-9][0-9]?|100)%'; }

is_client() { [ "$role" != server ]; }
is_server() { [ "$role" != client ]; }

check_options() {
	case $role in
	client | server | both) ;;
	'') usage '--role is missing: it is client, server or both' ;;
	*) usage "--role is client, server or both, not '$role'" ;;
	esac
	[ -n "$links" ] || usage "--link is missing; this machine has: $(devices)"
	for link in $links; do
		case " $(devices)" in
		*" $link "*) ;;
		*) usage "there is no Ethernet device '$link'; this machine has: $(devices)" ;;
		esac
	done
	if is_server; then
		: "${capacity:=50%}"
		is_percent "$capacity" || is_size "$capacity" ||
			usage "--capacity is a size such as 48G or a part such as 50%, not '$capacity'"
	elif [ -n "$capacity" ]; then
		usage '--capacity is for --role server or both'
	fi
	if [ -n "$swap_size$boot" ] && ! is_client; then
		usage '--swap-size and --boot are for --role client or both'
	fi
	[ -z "$swap_size" ] || is_size "$swap_size" ||
		usage "--swap-size is a size such as 64G or 512M, not '$swap_size'"
	[ -z "$boot" ] || [ -n "$swap_size" ] || usage '--boot needs --swap-size'
	[ -z "$key_file" ] || check_key
}

check_key() {
	[ -r "$key_file" ] || usage "the key file '$key_file' cannot be read"
	grep -Eqx '[0-9A-Fa-f]{64}' "$key_file" && [ "$(wc -l <"$key_file")" -le 1 ] ||
		usage "'$key_file' holds no key: a key is 64 hexadecimal digits"
}

ask() { # QUESTION DEFAULT, into $answer
	printf '%s [%s] ' "$1" "$2"
	read -r answer || exit 1
	[ -n "$answer" ] || answer=$2
}

ask_all() {
	[ -n "$role" ] || { ask 'Role of this machine: client, server or both?' client; role=$answer; }
	# shellcheck disable=SC2046 # words
	[ -n "$links" ] || {
		set -- $(devices)
		ask "Network device that leads to the other machines ($*)?" "${1:-}"
		links=$answer
	}
	if is_server && [ -z "$capacity" ]; then
		ask 'Memory to give, as a size or a part?' 50%
		capacity=$answer
	fi
	if is_client && [ -z "$swap_size" ]; then
		ask 'Swap on remote memory, such as 64G, or none?' none
		[ "$answer" = none ] || swap_size=$answer
	fi
	[ -n "$key_file" ] || [ -e "$root$key" ] || {
		ask 'Key file of the other machines, or new?' new
		[ "$answer" = new ] || key_file=$answer
	}
}

# --- the distribution ---------------------------------------------------------------------------

find_system() {
	[ -r "$root/etc/os-release" ] || die 'there is no /etc/os-release: which distribution is this?'
	name=$(. "$root/etc/os-release" && printf '%s' "${PRETTY_NAME:-$ID}")
	like=$(. "$root/etc/os-release" && printf '%s' "$ID ${ID_LIKE:-}")
	case " $like " in
	*' debian '* | *' ubuntu '*) family=debian ;;
	*' fedora '* | *' rhel '* | *' centos '*) family=rpm ;;
	*) die "$name is neither like Debian nor like Fedora; build from source: see docs/INSTALL.md" ;;
	esac
}

find_repo() {
	if [ -z "$repo" ]; then
		for repo in "$here" "$here/repo" "$here/build/repo" ''; do
			[ ! -d "$repo/dists/memx" ] || break
		done
		[ -n "$repo" ] || usage '--repo is missing, and there is no repository beside install.sh'
	fi
	case $repo in
	https://* | http://*) ;;
	*)
		[ -d "$repo" ] || usage "there is no repository '$repo'"
		repo=$(cd "$repo" && pwd)
		[ -d "$repo/dists/memx" ] || [ "$family" = rpm ] ||
			usage "'$repo' is no repository that 'make repo' made"
		;;
	esac
	case $repo in
	http://*) [ -n "$repo_key" ] || usage '--repo-key is needed for a repository without https' ;;
	esac
	[ -z "$repo_key" ] || [ -r "$repo_key" ] || usage "the key '$repo_key' cannot be read"
}

# The key that a configuration from before names is the one that counts.
find_key() {
	named=$(sed -n 's/^[[:space:]]*key-file[[:space:]]*[=:][[:space:]]*\([^[:space:];]*\).*/\1/p' \
		"$root$conf" 2>/dev/null | tail -n 1)
	[ -z "$named" ] || key=$named
}

# Kernels that matter: the running one, if it is one of this system, and the newest one.
releases() {
	running=$(uname -r)
	[ ! -d "$root/lib/modules/$running" ] || echo "$running"
	for image in "$root"/boot/vmlinuz-*; do
		[ ! -e "$image" ] || echo "${image##*/vmlinuz-}"
	done | sort -V | tail -n 1 | grep -vx "$running"
}

has_headers() {
	[ -e "$root/lib/modules/$1/build/Makefile" ] || [ -e "$root/usr/src/linux-headers-$1" ] ||
		[ -e "$root/usr/src/kernels/$1" ]
}

installed() { # PACKAGE
	if [ "$family" = debian ]; then
		dpkg-query ${root:+--admindir="$root/var/lib/dpkg"} -W -f '${db:Status-Status}' "$1" \
			2>/dev/null | grep -qx installed
	else
		rpm ${root:+--root "$root"} -q --quiet "$1"
	fi 2>/dev/null
}

# Headers follow the kernel when the package is there that follows the kernel's own.
headers() {
	for release in $(releases); do
		has_headers "$release" || case $family in
		debian) echo "linux-headers-$release" ;;
		rpm) echo "kernel-devel-$release" ;;
		esac
	done
	[ "$family" = debian ] || return 0
	for flavour in amd64 cloud-amd64 generic virtual; do
		! installed "linux-image-$flavour" || echo "linux-headers-$flavour"
	done
}

wanted_packages() {
	headers
	echo memx-dkms memx-tools
	[ -n "$boot" ] || return 0
	if installed dracut || [ "$family" = rpm ]; then
		echo memx-dracut
	else
		echo memx-initramfs
	fi
}

missing_packages() {
	for package in $(wanted_packages); do
		installed "$package" || printf '%s ' "$package"
	done
}

# --- the plan: one function that tells whether a step is needed, one that does it ----------------

keyring_source() {
	if [ -n "$repo_key" ]; then
		echo "$repo_key"
	elif [ "$family" = debian ]; then
		echo "$repo/memx-archive-keyring.gpg"
	else
		echo "$repo/RPM-GPG-KEY-memx"
	fi
}

fetch() { # URL FILE
	if [ "$family" = debian ]; then
		quietly /usr/lib/apt/apt-helper download-file "$1" "$2"
	else
		quietly curl -fsSL -o "$2" "$1"
	fi
}

source_text() {
	case $repo in
	/*) uri=file:$repo ;;
	*) uri=$repo ;;
	esac
	if [ "$family" = debian ]; then
		printf 'Types: deb\nURIs: %s\nSuites: memx\nComponents: main\nSigned-By: %s\n' \
			"$uri" "$keyring"
	else
		printf '[memx]\nname=MemX\nbaseurl=%s\nenabled=1\n' "${uri#file:}" |
			sed 's|^baseurl=/|baseurl=file:///|'
		printf 'gpgcheck=1\ngpgkey=file://%s\n' "$keyring"
	fi
}

source_path() { if [ "$family" = debian ]; then echo $source_file; else echo $dnf_file; fi; }

need_source() { [ "$(source_text)" != "$(cat "$root$(source_path)" 2>/dev/null)" ]; }

do_source() {
	mkdir -p "$(dirname "$(source_path)")" "$(dirname $keyring)"
	case $(keyring_source) in
	https://*)
		rm -f $keyring
		fetch "$(keyring_source)" $keyring
		;;
	*) [ ! -e "$(keyring_source)" ] || cp "$(keyring_source)" $keyring ;;
	esac
	[ ! -e $keyring ] || chmod 644 $keyring
	source_text >"$(source_path)"
	chmod 644 "$(source_path)"
}

package_names() {
	if [ "$family" = debian ]; then
		dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p'
	else
		rpm -qa --qf '%{NAME}\n'
	fi | sort -u
}

# Packages that can be had; others are told, and doctor says later what lacks.
available() {
	for package in $(missing_packages); do
		if [ "$family" = debian ]; then
			apt-cache show "$package" >/dev/null 2>&1
		else
			dnf -q list "$package" >/dev/null 2>&1
		fi && echo "$package" && continue
		case $package in
		memx-*) echo "$package" ;;	# an error of the package manager says why
		*) warn "there is no package $package in the repositories of this machine" ;;
		esac
	done
}

# A configuration that was there before the packages is the one that is wanted.
keep_conf='-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold'

do_packages() {
	export DEBIAN_FRONTEND=noninteractive
	[ -e "$state/packages" ] || [ -e /var/lib/dkms/mok.key ] || : >"$state/no-signing-key"
	package_names >"$state/before"
	if [ "$family" = debian ]; then
		quietly apt-get -q update
		# shellcheck disable=SC2046 # words
		quietly apt-get -q -y --no-install-recommends $keep_conf install $(available)
	else
		# shellcheck disable=SC2046 # words
		quietly dnf -q -y --setopt=install_weak_deps=False install $(available)
	fi
	package_names >"$state/after"
	comm -13 "$state/before" "$state/after" >>"$state/packages"
	sort -u -o "$state/packages" "$state/packages"
	rm "$state/before" "$state/after"
}

need_key() {
	if [ -n "$key_file" ]; then
		! cmp -s "$key_file" "$root$key"
	else
		[ ! -e "$root$key" ]
	fi
}

do_key() {
	mkdir -p "${key%/*}"
	if [ -z "$key_file" ]; then
		quietly memx-admin key generate "$key"
	else
		[ ! -e "$key" ] || [ -e "$state/key" ] ||
			die "$key is another key than $key_file: move it away first"
		[ ! -e "$key" ] || mv "$key" "$key.replaced" || die "cannot rename $key"
		(umask 077 && cat "$key_file" >"$key.new") && mv "$key.new" "$key" ||
			die "cannot write $key"
	fi
	touch "$state/key"
	# The kernel may have the one before.
	[ ! -e /sys/module/memx_rmap ] || memx-admin key set "$key" >>"$log" 2>&1 ||
		warn "the kernel did not take the key: run 'memx-admin key set $key'"
}

# The configuration with "key = value" in a section; without a key, with the section. Lines that say
# so already stay as they are.
with_value() { # SECTION [KEY VALUE]
	awk -v head="$1" -v key="${2-}" -v value="${3-}" '
	function trim(s) { gsub(/^[ \t]+|[ \t\r]+$/, "", s); return s }
	# The name of a section, however it is spaced, without what follows it.
	function name(s) { gsub(/^[ \t]*\[|\].*$/, "", s); gsub(/[ \t]+/, " ", s); return trim(s) }
	{ line[NR] = $0 }
	trim($0) ~ /^\[/ { here = (name($0) == head); if (here) section = NR }
	here && key != "" {
		at = match($0, /[=:]/)
		if (at && trim(substr($0, 1, at - 1)) == key) {
			have = NR
			old = substr($0, at + 1)
			comment = match(old, /[ \t];/) ? substr(old, RSTART) : ""
			if (comment != "")
				old = substr(old, 1, RSTART - 1)
			if (trim(old) != value)
				line[NR] = key " = " value comment
		}
	}
	END {
		for (i = 1; i <= NR; i++) {
			print line[i]
			if (i == section && key != "" && !have)
				print key " = " value
		}
		if (!section) {
			print (NR ? "\n" : "") "[" head "]"
			if (key != "")
				print key " = " value
		}
	}'
}

new_conf() {
	{ cat "$root$conf" 2>/dev/null || true; } | links_conf | server_conf | volume_conf
}

links_conf() {
	text=$(cat; echo .)
	for link in $links; do
		text=$(printf '%s' "${text%.}" | with_value "link $link"; echo .)
	done
	printf '%s' "${text%.}"
}

server_conf() {
	if is_server; then with_value server capacity "$capacity"; else cat; fi
}

volume_conf() {
	[ -n "$swap_size" ] || { cat; return; }
	if [ -n "$boot" ]; then with_value 'volume swap0' boot yes; else cat; fi |
		with_value 'volume swap0' use swap | with_value 'volume swap0' size "$swap_size"
}

need_conf() { [ "$(new_conf)" != "$(cat "$root$conf" 2>/dev/null)" ]; }

do_conf() {
	mkdir -p "${conf%/*}"
	new_conf >"$conf.new" && chmod 644 "$conf.new" && mv "$conf.new" "$conf" ||
		die "cannot write $conf"
}

boot_default=/etc/default/memx

image_has_key() { grep -qx 'KEY_IN_INITRAMFS=yes' "$root$boot_default" 2>/dev/null; }

# The image holds the configuration and the key as they were when it was made.
need_image() {
	[ -n "$boot" ] || return 1
	[ ! -e "$root$state/image-wanted" ] && image_has_key || return 0
	case " $steps " in
	*' key '* | *' conf '*) true ;;
	*) false ;;
	esac
}

do_image() {
	image_has_key || {
		with_line 'KEY_IN_INITRAMFS=yes' <$boot_default >$boot_default.new &&
			mv $boot_default.new $boot_default || die "cannot write $boot_default"
	}
	command -v update-initramfs dracut >/dev/null ||
		die 'there is neither initramfs-tools nor dracut to make an initramfs with'
	remake_images
	rm "$state/image-wanted"
}

remake_images() {
	if command -v update-initramfs >/dev/null; then
		quietly update-initramfs -u -k all
	elif command -v dracut >/dev/null; then
		quietly dracut --force --regenerate-all
	fi
}

# Sets a variable of a file of shell.
with_line() { # NAME=VALUE
	sed "/^${1%%=*}=/d"
	printf '%s\n' "$1"
}

units() {
	echo memx-node.service
	! is_server || echo memx-server.service
	! is_client || echo memx-volumes.service
}

is_enabled() {
	for link in "$root"/etc/systemd/system/*.wants/"$1" "$root"/etc/systemd/system/*.requires/"$1"; do
		[ ! -h "$link" ] || return 0
	done
	return 1
}

disabled_units() {
	for unit in $(units); do
		is_enabled "$unit" || printf '%s ' "$unit"
	done
}

do_units() {
	for unit in $(disabled_units); do
		quietly systemctl enable "$unit"
	done
}

# In a chroot there is no systemd to start anything.
can_start() { [ -d /run/systemd/system ]; }

# What runs is never taken away: a unit that is active gets what is new by memx-admin.
start_units() {
	changed=''
	for unit in $(units); do
		if systemctl -q is-active "$unit"; then
			changed=$1
		else
			systemctl start "$unit" >>"$log" 2>&1 ||
				warn "$unit did not start; 'journalctl -u $unit' says why"
		fi
	done
	[ -z "$changed" ] || memx-admin apply --wait 20 >>"$log" 2>&1 ||
		warn "'memx-admin apply' did not end well; it says why"
}

plan() {
	steps=''
	say "This is $name."
	if need_source; then
		step source "add the repository $repo ($(source_path))"
	fi
	if [ -n "$(missing_packages)" ]; then
		step packages "install $(missing_packages | sed 's/ $//; s/ /, /g')"
	fi
	if need_key; then
		if [ -n "$key_file" ]; then
			step key "copy the cluster key $key_file to $key"
		else
			step key "make a cluster key in $key"
		fi
	fi
	if need_conf; then
		step conf "write $conf:"
		new_conf | diff_of_conf | sed "s/^/$tab/"
	fi
	if need_image; then
		step image 'put MemX with its configuration and the cluster key into the initramfs'
	fi
	if [ -n "$(disabled_units)" ]; then
		step units "enable $(disabled_units | sed 's/ $//; s/ /, /g')"
	fi
	[ -n "$steps" ] || say 'Nothing is to be installed or configured.'
}

step() { # NAME SENTENCE
	steps="$steps $1"
	say "  - $2"
}

# Lines that are not in the file as it is.
diff_of_conf() {
	if [ -e "$root$conf" ]; then
		grep -vxFf "$root$conf" | sed '/^$/d'
	else
		cat
	fi
}

need_root() { [ "$(id -u)" -eq 0 ] || die 'run this as root'; }

confirm() {
	[ -z "$unattended" ] || return 0
	ask 'Go on?' no
	case $answer in
	y | Y | yes) ;;
	*) die 'nothing was changed' ;;
	esac
}

install_all() {
	plan
	[ -z "$dry_run" ] || exit 0
	[ -z "$steps" ] || {
		confirm
		mkdir -p "$state" && : >>"$log" || die "cannot write to $state or $log"
	}
	# Images that could not be made, for want of room for instance, are made the next time.
	case " $steps " in
	*' image '*) : >"$state/image-wanted" ;;
	esac
	for each in $steps; do
		say "$each ..."
		"do_$each"
	done
	if can_start; then
		start_units "$steps"
	fi
	finish
}

finish() {
	say
	say 'What memx-admin doctor finds:'
	findings=$(memx-admin doctor 2>&1)
	found=$?
	printf '%s\n' "$findings" | sed 's/^/  /'
	say
	next_steps
	[ $found -eq 0 ] || exit 3
}

next_steps() {
	say 'What comes next:'
	[ -n "$key_file" ] || say "  - copy $key to the other machines, where no one else sees it, and \
run install.sh there with --key-file"
	can_start || say '  - reboot: nothing could be started here'
	! is_server || say "  - 'memx-admin server status' shows who uses the memory of this machine"
	! is_client || say "  - 'memx-admin servers' shows the machines that give memory"
	! is_client || [ -n "$swap_size" ] ||
		say "  - 'memx-admin create NAME --size SIZE --use swap --save' makes a volume"
	say "  - 'memx-admin' shows how all of it is doing"
	say "  - 'install.sh --uninstall' takes it back"
}

# --- back ----------------------------------------------------------------------------------------

# The kernel refuses to unload a module that holds pages of others, or whose volume is in use.
stop_all() {
	for unit in memx-volumes memx-server memx-node; do
		! can_start || systemctl stop $unit.service >>"$log" 2>&1
	done
	for module in memx_xen memx_client memx_server memx_rmap; do
		[ ! -e /sys/module/$module ] || modprobe -r $module >>"$log" 2>&1 ||
			die "$module is in use, so nothing was removed; 'memx-admin' and 'memx-admin xen list'\
 show by whom"
	done
	for unit in memx-volumes memx-server memx-node; do
		! is_enabled $unit.service || quietly systemctl disable $unit.service
	done
}

# What came with MemX, unless something else needs it by now.
packages_to_purge() {
	for package in $(cat $state/packages 2>/dev/null); do
		installed "$package" && printf '%s ' "$package"
	done
}

purge() { # PACKAGE...
	if [ "$family" = debian ]; then
		quietly apt-get -q -y purge "$@"
	else
		quietly dnf -q -y --noautoremove remove "$@"
	fi
}

# Others that would go as well. rpm refuses by itself.
also_removed() { # PACKAGE...
	[ "$family" = debian ] || return 0
	apt-get -s -q purge "$@" 2>/dev/null | awk -v ours=" $* " '
		/^(Remv|Purg) / && !index(ours, " " $2 " ") { print $2 }'
}

restore_key() {
	[ -e $state/kept ] || return 0
	mkdir -p "${key%/*}"
	mv $state/kept "$key"
}

do_purge() {
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2046 # words
	set -- $(packages_to_purge)
	[ $# -gt 0 ] || return 0
	others=$(also_removed "$@")
	if [ -n "$others" ]; then
		warn "kept, because other packages need them: $(echo "$@" | tr ' ' '\n' |
			grep -v '^memx' | tr '\n' ' ')"
		# shellcheck disable=SC2046 # words
		set -- $(echo "$@" | tr ' ' '\n' | grep '^memx')
	fi
	[ $# -eq 0 ] && return
	# The package takes any key along; one that install.sh did not put there stays.
	[ -e $state/key ] || [ ! -e "$key" ] || cp -p "$key" $state/kept || die "cannot write to $state"
	trap restore_key EXIT
	purge "$@"
	# Those that were made in between still hold configuration of what is purged only now.
	remake_images
}

# DKMS makes a key to sign modules with when it first builds one, and never removes it.
forget_dkms() {
	[ -e $state/no-signing-key ] || return 0
	[ -z "$(find /var/lib/dkms -mindepth 1 -maxdepth 1 -type d 2>/dev/null)" ] || return 0
	rm -f /var/lib/dkms/mok.key /var/lib/dkms/mok.pub
	installed dkms || rmdir /var/lib/dkms 2>/dev/null
}

forget_repo() {
	[ "$family" != debian ] || [ ! -e $source_file ] ||
		find /var/lib/apt/lists -name '*_dists_memx_*' -exec rm -f {} +
	rm -f $source_file $dnf_file $keyring
}

uninstall_all() {
	say "This is $name."
	say '  - stop and disable the units of MemX, unload its modules'
	[ -z "$(packages_to_purge)" ] || say "  - remove $(packages_to_purge | sed 's/ $//; s/ /, /g')"
	[ ! -e $state/key ] || say "  - remove the cluster key $key"
	[ ! -e "$(source_path)" ] || say "  - remove the repository $(source_path)"
	[ -z "$dry_run" ] || exit 0
	[ -e $state ] || [ -e "$(source_path)" ] || {
		say 'MemX was not installed by install.sh: nothing is to be taken back.'
		exit 0
	}
	need_root
	confirm
	stop_all
	do_purge
	forget_dkms
	forget_repo
	restore_key
	[ ! -e $state/key ] || rm -f "$key" "$key.replaced"
	rmdir "${conf%/*}" 2>/dev/null
	rm -rf $state
	say "All is taken back. The log stays in $log."
}

main() {
	read_options "$@"
	[ -z "$root" ] || [ -n "$dry_run" ] || usage 'MEMX_ROOT is for --dry-run'
	find_system
	find_key
	[ -z "$uninstall" ] || {
		uninstall_all
		exit 0
	}
	if [ -z "$unattended" ]; then
		[ -t 0 ] || [ -n "$dry_run" ] ||
			usage 'standard input is no terminal: say --unattended'
		[ ! -t 0 ] || ask_all
	fi
	check_options
	find_repo
	[ -n "$dry_run" ] || need_root
	install_all
}

main "$@"
