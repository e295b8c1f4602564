#!/usr/bin/env python3
"""Judge what .ci/audit.sh collected.

usage: audit.py LINE DIR

LINE    the sentence that was deleted from the document
DIR     holds audit.json (LINE deleted), reversed.json (LINE turned round), audit.md
"""
import json, re, sys
from pathlib import Path


def main():
    line, folder = sys.argv[1], Path(sys.argv[2])
    proposals = json.loads((folder / "audit.json").read_text())["undocumented"]
    places = [i + 1 for i, p in enumerate(proposals) if p["text"] == line]
    ways = [w for p in proposals if p["text"] == line for o in p["orders"] for w in o["ways"]]
    through = {name: [w for w in ways if name in [s["function"] for s in w["chain"]]]
               for name in ("kvm_inhibit_apic_access_page", "mmu_first_shadow_root_alloc")}
    chains = sum(any(w["arch"] == "x86" for w in found) for found in through.values()) + any(w["arch"] == "arm64" for w in ways)
    print(f"audit place {places[0] if places else 9999}, chains {chains}")
    findings = json.loads((folder / "reversed.json").read_text())["findings"]
    rule = [f for f in findings if f["kind"] == "rules"]
    order = {f["arch"] for f in findings if f["kind"] == "order" and f["outer"]["name"] == "vcpu->mutex" and f["inner"]["name"] == "kvm->slots_lock"}
    print(f"audit reversed: circles {len(rule)}, architectures {len(order)}, other findings {len(findings) - len(rule) - sum(f['kind'] == 'order' for f in findings)}")
    back = re.search(r"propose it back\? (\d+) of (\d+)", (folder / "audit.md").read_text())
    print(f"audit proposes back {back[1]} of {back[2]}")


main()
