#!/bin/sh
# Finds the commit that brought a finding:
#
#     git bisect start BAD GOOD
#     git bisect run PATH/bisect.sh FINGERPRINT
#     git bisect run PATH/bisect.sh KIND FUNCTION
#
# FINGERPRINT is the last line of a finding; KIND and FUNCTION stand in its first.
# What git bisect asks of the script:
#
#     0    good: the tree was read, and the finding is not there
#     1    bad: the finding is there, however certain
#     125  skip: this tree could not be read, or its own rules file is bad
#     255  stop: the question is wrong, or klockscan is not there
#
# KLOCKSCAN names another program, KLOCKSCAN_FLAGS further flags, such as
# --arch x86, which halves the time. The script has to lie outside the repository,
# or to be in all its commits.
set -u
klockscan=${KLOCKSCAN:-klockscan}
stop() {
	echo "bisect.sh: $*" >&2
	exit 255
}
case $# in
1) fingerprint=$1 kind='' function='' ;;
2) fingerprint='' kind=$1 function=$2 ;;
*) stop "usage: bisect.sh FINGERPRINT | bisect.sh KIND FUNCTION" ;;
esac
command -v "$klockscan" >/dev/null || stop "there is no program $klockscan"

# A baseline lists the findings of any confidence: one that became less certain on
# the way is still the same.
# shellcheck disable=SC2086 # the flags are words
found=$("$klockscan" baseline write ${KLOCKSCAN_FLAGS:-} -o - .)
status=$?
case $status in
0 | 3) ;;
*) exit 125 ;;
esac

# Each member of a row is a line of its own; the fingerprint comes first.
printf '%s\n' "$found" | awk -v fingerprint="$fingerprint" -v kind="$kind" -v name="$function" '
	function value(line) { sub(/^[^:]*: "/, "", line); sub(/",?$/, "", line); return line }
	/^ *"fingerprint": "/ { k = ""; if (fingerprint != "" && value($0) == fingerprint) hit = 1 }
	/^ *"kind": "/ { k = value($0) }
	/^ *"function": "/ { if (kind != "" && k == kind && value($0) == name) hit = 1 }
	END { exit !hit }' && exit 1
[ "$status" -eq 0 ] || exit 125 # it may hide in what could not be read
exit 0
