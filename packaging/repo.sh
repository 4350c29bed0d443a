#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Make a signed apt repository of packages that were built: by default of build/deb in build/repo.
# Usage: packaging/repo.sh [OUT DIR...]
# One suite serves all releases of Debian, so build on the oldest of them. The key is made once,
# for this checkout, in build/repo-key, and is never committed. To keep another, set MEMX_REPO_KEY
# to its GNUPGHOME.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
out=${1:-$build/repo}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- "$build/deb"
suite=memx

# Package lists of one architecture; packages for all architectures are listed in it.
index() { # DIR
	mkdir -p "$1/binary-amd64" "$1/source"
	apt-ftparchive --arch amd64 packages pool >"$1/binary-amd64/Packages"
	apt-ftparchive sources pool >"$1/source/Sources" 2>/dev/null
	gzip -9 -k -n -f "$1/binary-amd64/Packages" "$1/source/Sources"
}

release() {
	apt-ftparchive -o "APT::FTPArchive::Release::Origin=MemX" \
		-o "APT::FTPArchive::Release::Label=MemX" \
		-o "APT::FTPArchive::Release::Suite=$suite" \
		-o "APT::FTPArchive::Release::Codename=$suite" \
		-o "APT::FTPArchive::Release::Architectures=amd64" \
		-o "APT::FTPArchive::Release::Components=main" release "dists/$suite"
}

for dir; do
	[ -n "$(find "$dir" -name '*.deb' 2>/dev/null)" ] ||
		die "there are no packages in $dir: run make deb first"
done
repo_key || die "no key could be made, see $build/repo-key.log"
trap 'gpgconf --kill gpg-agent' EXIT
rm -rf "$out"
mkdir -p "$out/pool"
for dir; do
	cp "$dir"/*.deb "$dir"/*.dsc "$dir"/*.tar.* "$out/pool/"
done
cd "$out"
index "dists/$suite/main"
release >Release.new
mv Release.new "dists/$suite/Release"
gpg --batch --quiet --yes --clearsign -o "dists/$suite/InRelease" "dists/$suite/Release"
gpg --batch --quiet --yes -abs -o "dists/$suite/Release.gpg" "dists/$suite/Release"
gpg --batch --quiet --export >memx-archive-keyring.gpg
chmod 644 memx-archive-keyring.gpg
cat <<EOT
The repository is in $out. To use it, copy it to where the machine can reach it, its key
memx-archive-keyring.gpg to /usr/share/keyrings, and write to /etc/apt/sources.list.d/memx.list:

    deb [signed-by=/usr/share/keyrings/memx-archive-keyring.gpg] file:$out $suite main
EOT
