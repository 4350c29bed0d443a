# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the scripts that make packages and by tests that need a Debian in a folder.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
build=${MEMX_BUILD:-$top/build}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# The mirror that this machine installs from, whatever form its sources have.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -oE 'https?://[^ ]+/debian/?( |$)' | sed -n 1p | tr -d ' '
}

# make_chroot SUITE DIR PACKAGE,...: kept, so made once. Packages come without what they recommend.
# A mirror may be busy: its errors are in DIR.log, and it is asked again.
make_chroot() {
	local pause
	[ ! -e "$2/done" ] || return 0
	mkdir -p "$(dirname "$2")"
	echo "making a chroot of $1"
	: >"$2.log"
	for pause in 10 60 0; do
		rm -rf "$2"
		# The index of sid may be older than its own validity. And mmdebstrap gives apt a
		# pipe whose number dash cannot use when it has two digits: locks of callers are
		# not handed on.
		if mmdebstrap --verbose --variant=minbase \
			--aptopt='APT::Install-Recommends "false"' \
			--aptopt='Acquire::Check-Valid-Until "false"' \
			--aptopt='Acquire::Retries "5"' \
			--include="$3" "$1" "$2" "$(mirror)" \
			>>"$2.log" 2>&1 3>&- 6>&- 7>&- 8>&- 9>&-; then
			touch "$2/done"
			return 0
		fi
		sleep "$pause"
	done
	tail -n 5 "$2.log"
	return 1
}

# The checkout's files as they are, committed or not, without what was built; or those of the commit
# that MEMX_FROM names.
export_source() { # DIR
	rm -rf "$1"
	mkdir -p "$1"
	if [ -n "${MEMX_FROM:-}" ]; then
		git -C "$top" archive "$MEMX_FROM" | tar -x -C "$1"
	elif git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$top" ls-files -z --cached --others --exclude-standard |
			rsync -a --from0 --files-from=- --ignore-missing-args "$top/" "$1/"
	else
		rsync -a --exclude=/build --exclude='*.o' --exclude='*.ko' "$top/" "$1/"
	fi
}

# Write another version into an exported source: for tests of upgrades.
set_version() { # DIR VERSION
	sed -i "1s/([^)]*)/($2)/" "$1/debian/changelog"
}

# The key that packages are signed with, made when there is none. From then on gpg knows it alone.
repo_key() {
	export GNUPGHOME=${MEMX_REPO_KEY:-$build/repo-key}
	mkdir -p "$GNUPGHOME"
	chmod 700 "$GNUPGHOME"
	{ [ -n "$(gpg --batch --list-secret-keys)" ] ||
		gpg --batch --quiet --passphrase '' --quick-gen-key \
			'MemX packages of this checkout' ed25519 sign never
	} 2>"$build/repo-key.log"
}

repo_key_id() {
	gpg --batch --with-colons --list-secret-keys 2>/dev/null |
		awk -F: '$1 == "fpr" { print $10 }'
}
