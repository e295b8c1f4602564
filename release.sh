#!/usr/bin/env bash
# Packs a release: release.sh [DIR] writes klockscan-VERSION-linux-ARCH.tar.gz and SHA256SUMS into
# DIR (dist). The same commit and the same compilers give the same bytes, wherever the tree lies.
#
#   VERSION            of the release; by default what git describe says of the tag v...
#   SOURCE_DATE_EPOCH  the time of all files, in seconds; by default that of the commit
#   ARCHES             "amd64 arm64"; one whose C compiler is not there is left out, and that is said
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C TZ=UTC
umask 022

fail() { echo "release: $*" >&2; exit 1; }

# Versions look like 1.2.3, after the tag like 1.2.3-4-gabcdef; without any tag like 0.1.0-gabcdef.
describe() {
  local tag
  if tag=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null); then echo "${tag#v}"; return; fi
  local next
  next=$(sed -n 's/^const nextVersion = "\(.*\)"$/\1/p' cmd/version.go)
  echo "$next-g$(git rev-parse --short=12 HEAD)$(git diff --quiet HEAD || echo -dirty)"
}

out=${1:-dist}
version=${VERSION:-$(describe)}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
[[ $version =~ ^[0-9A-Za-z.+~-]+$ ]] || fail "bad version '$version'"
[[ $epoch =~ ^[0-9]+$ ]] || fail "SOURCE_DATE_EPOCH is no number of seconds: '$epoch'"
export SOURCE_DATE_EPOCH=$epoch
[ "$(go env GOHOSTOS)" = linux ] || fail "releases are built on Linux"
host=$(go env GOHOSTARCH)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compiler ARCH: the C compiler for it.
compiler() {
  case $1 in
    "$host") echo "${CC:-gcc}" ;;
    amd64) echo x86_64-linux-gnu-gcc ;;
    arm64) echo aarch64-linux-gnu-gcc ;;
    *) fail "no compiler is known for $1" ;;
  esac
}

# build ARCH FILE: the program, linked statically: it runs whatever C library a system has. Nothing
# of it looks users or hosts up (osusergo, netgo), which glibc can do with shared libraries only.
build() {
  CGO_ENABLED=1 GOOS=linux GOARCH=$1 GOAMD64=v1 GOARM64=v8.0 GOFLAGS='' CC=$(compiler "$1") \
    CGO_CFLAGS=-O2 CGO_LDFLAGS='' CGO_CPPFLAGS='' \
    go build -trimpath -buildvcs=false -tags osusergo,netgo \
    -ldflags "-s -w -buildid= -linkmode external -extldflags -static -X klockscan/cmd.release=$version" \
    -o "$2" ./cmd/klockscan
}

# examine FILE: it needs no shared library, and names no directory of this machine.
examine() {
  if readelf -dlW "$1" | grep -E 'NEEDED|INTERP' >&2; then fail "$1 is not static"; fi
  local dir
  for dir in "$PWD" "$(go env GOMODCACHE)" "$(go env GOCACHE)" "$(go env GOROOT)"; do
    if grep -qaF -- "$dir/" "$1"; then fail "the program names the directory $dir"; fi
  done
}

# licences DIR: those of all that is linked in; a module without one stops the release.
licences() {
  local path dir
  mkdir -p "$1"
  go list -deps -tags osusergo,netgo -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' ./cmd/klockscan |
    sort -u | while read -r path dir; do
      mkdir -p "$1/$path"
      find "$dir" -maxdepth 1 -type f \( -iname 'LICEN[CS]E*' -o -iname 'COPYING*' -o -iname 'NOTICE*' \) -exec cp {} "$1/$path/" \;
      [ -n "$(ls "$1/$path")" ] || fail "$path has no licence"
    done
  mkdir -p "$1/go"
  cp "$(go env GOROOT)/LICENSE" "$1/go/" || fail "the licence of Go is not beside its sources"
}

# common DIR: what is the same for every architecture. The program of this machine writes it.
common() {
  build "$host" "$work/klockscan"
  [[ $("$work/klockscan" version) == "klockscan $version ("* ]] || fail "the program does not run, or does not know its version"
  mkdir -p "$1/completions" "$1/docs"
  cp LICENSE NOTICE THIRD_PARTY.md README.md "$1/"
  cp docs/*.schema.json "$1/docs/"
  "$work/klockscan" man "$1/man/man1" >/dev/null
  "$work/klockscan" completion bash >"$1/completions/klockscan"
  "$work/klockscan" completion zsh >"$1/completions/_klockscan"
  "$work/klockscan" completion fish >"$1/completions/klockscan.fish"
  "$work/klockscan" completion powershell >"$1/completions/klockscan.ps1"
  licences "$1/licences"
}

# pack NAME: an archive in which nothing depends on when and by whom it was made.
pack() {
  tar --sort=name --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    -C "$work" -cf - "$1" | gzip -9n >"$work/$1.tar.gz"
}

common "$work/common"
archives=()
for arch in ${ARCHES:-amd64 arm64}; do
  cc=$(compiler "$arch")
  if ! command -v "$cc" >/dev/null; then
    echo "release: linux/$arch is left out: there is no $cc" >&2
    continue
  fi
  name=klockscan-$version-linux-$arch
  cp -r "$work/common" "$work/$name"
  build "$arch" "$work/$name/klockscan"
  examine "$work/$name/klockscan"
  pack "$name"
  archives+=("$name.tar.gz")
done
[ ${#archives[@]} -gt 0 ] || fail "nothing was built"
(cd "$work" && sha256sum "${archives[@]}" >SHA256SUMS)
mkdir -p "$out"
for f in "${archives[@]}" SHA256SUMS; do cp "$work/$f" "$out/$f"; done
cat "$out/SHA256SUMS"
