#!/usr/bin/env bash
# usage: audit.sh BIN TREE WORKDIR
# The proof of the audit on a real kernel: a line that is deleted from the text is proposed again, with its chains, as a
# patch that applies; a line that is turned round is reported. Prints what .ci/floors compares.
set -euo pipefail
bin=$1 tree=$2 work=$3/audit
here=$(cd "$(dirname "$0")" && pwd)
doc=Documentation/virt/kvm/locking.rst
line='vcpu->mutex is taken outside kvm->slots_lock and kvm->slots_arch_lock'
grep -q -- "^- $line\$" "$tree/$doc"
cp -r "$tree" "$work"
awk -v l="- $line" '$0 == l { getline; next } { print }' "$tree/$doc" > "$work/$doc"
[ "$(diff "$tree/$doc" "$work/$doc" | grep -c '^<')" = 2 ]
code=0
"$bin" audit --format json "$work" > "$3/audit.json" || code=$?
[ "$code" -le 1 ]
"$bin" audit --patch "$work" > "$3/audit.patch"
(cd "$work" && git init -q . && git apply --check "$3/audit.patch")
sed "s/^- $line\$/- kvm->slots_lock is taken outside vcpu->mutex/" "$tree/$doc" > "$work/$doc"
code=0
"$bin" check --format json "$work" > "$3/reversed.json" || code=$?
[ "$code" -eq 1 ]
"$bin" audit --leave-out -o "$3/audit.md" "$tree"
python3 "$here/audit.py" "$line" "$3"
cmp "$3/audit.md" "$here/../docs/audit.md" || { echo "docs/audit.md is not what audit --leave-out writes" >&2; exit 1; }
