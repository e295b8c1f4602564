#!/bin/sh
# What a CI job runs, in the top directory of a kernel's git repository:
#
#     ci.sh BASE REPORT...
#
# Each REPORT gets all that klockscan finds in the checked-out tree; its ending tells
# the format (.sarif, .html, .json, .md, gl-code-quality-report.json). Then it prints
# what HEAD brings over BASE, and that alone decides:
#
#     0  nothing new        2  wrong usage, or a bad .klockscan.yaml
#     1  new findings       3  the work could not be done
#
# BASE is a commit. Empty or all zeros, as CI systems name the commit before the first
# of a branch, it means that there is none: then every finding decides. KLOCKSCAN
# names another program.
set -u
klockscan=${KLOCKSCAN:-klockscan}
[ $# -ge 1 ] || { echo "usage: ci.sh BASE REPORT..." >&2; exit 2; }
base=$1
shift

status=0
if [ $# -gt 0 ]; then
	outputs=$#
	while [ "$outputs" -gt 0 ]; do # each REPORT becomes -o REPORT, whatever its name holds
		set -- "$@" -o "$1"
		shift
		outputs=$((outputs - 1))
	done
	"$klockscan" check --quiet --fail-on none "$@" . || status=$?
	# 3: files of the scope could not be read; the reports say which, and are there
	case $status in 0 | 3) ;; *) exit "$status" ;; esac
fi

case $base in
*[!0]*) ;;
*) # no commit before
	"$klockscan" check --quiet .
	exit $?
	;;
esac

# A shallow clone may lack the commit.
if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
	git fetch --quiet --depth=1 origin "$base" || { echo "ci.sh: there is no commit $base" >&2; exit 3; }
fi
verdict=0
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then # a page that GitHub shows with the job
	scratch=$(mktemp -d) || exit 3
	trap 'rm -rf "$scratch"' EXIT
	"$klockscan" diff --git . -o - -o "$scratch/new.md" "$base" HEAD || verdict=$?
	[ ! -f "$scratch/new.md" ] || cat "$scratch/new.md" >>"$GITHUB_STEP_SUMMARY"
else
	"$klockscan" diff --git . "$base" HEAD || verdict=$?
fi
[ "$verdict" -ne 0 ] || verdict=$status
exit "$verdict"
