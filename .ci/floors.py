#!/usr/bin/env python3
"""Compare the figures of a run with the floors.

usage: floors.py FLOORS DIR [--before OLD_FLOORS]

FLOORS  lines NAME >= NUMBER or NAME <= NUMBER; '#' begins a comment
DIR     holds what the evaluation printed: edges.txt, order.txt, score.txt, mutations.txt, audit.txt, bench.txt, seconds.txt, check.json
OLD_FLOORS  the floors of the commit before: a floor that fell, a ceiling that rose, or a line that is gone is an error

A figure that was not printed fails, as does one without a floor: nothing is compared with nothing.
"""
import argparse, json, re, sys
from pathlib import Path

# figure -> (file, pattern whose first group is the number)
PRINTED = {
    "edges.written": ("edges.txt", r"^recall written .* = ([\d.]+) %$"),
    "edges.kvm_macro": ("edges.txt", r"^recall kvm macro .* = ([\d.]+) %$"),
    "edges.precision": ("edges.txt", r"^precision .* = ([\d.]+) %$"),
    "order.found": ("order.txt", r"^orders (\d+)/\d+"),
    "order.witnesses": ("order.txt", r"witnesses through the expected function (\d+)/\d+$"),
    "score.seen": ("score.txt", r"^recall (\d+)/\d+"),
    "score.false_alarms": ("score.txt", r"^recall .*, false alarms (\d+)/\d+"),
    "score.failures": ("score.txt", r"^recall .*, failures (\d+),"),
    "mutations.seen": ("mutations.txt", r"^recall (\d+)/\d+"),
    "mutations.false_alarms": ("mutations.txt", r"^recall .*, false alarms (\d+)/\d+"),
    "mutations.failures": ("mutations.txt", r"^recall .*, failures (\d+),"),
    "audit.place": ("audit.txt", r"^audit place (\d+),"),
    "audit.chains": ("audit.txt", r"^audit place \d+, chains (\d+)$"),
    "audit.circles": ("audit.txt", r"^audit reversed: circles (\d+),"),
    "audit.reversed": ("audit.txt", r"^audit reversed: .*architectures (\d+),"),
    "audit.back": ("audit.txt", r"^audit proposes back (\d+) of"),
    "bench.cold_ratio": ("bench.txt", r"^cold_ratio ([\d.]+)$"),
    "bench.cold": ("bench.txt", r"^cold ([\d.]+)$"),
    "bench.peak_mb": ("bench.txt", r"^peak_mb ([\d.]+)$"),
    "bench.warm": ("bench.txt", r"^warm ([\d.]+)$"),
    "bench.edit_ratio": ("bench.txt", r"^edit_ratio ([\d.]+)$"),
    "bench.questions": ("bench.txt", r"^questions ([\d.]+)$"),
    "check.seconds": ("seconds.txt", r"^check seconds ([\d.e-]+)$"),
}


def read_floors(path):
    floors = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or words[1] not in (">=", "<=") or words[0] in floors:
            sys.exit(f"{path}:{number}: not NAME >= NUMBER or NAME <= NUMBER, or twice: {line!r}")
        floors[words[0]] = (words[1], float(words[2]))
    return floors


def read_figures(folder):
    figures = {}
    for name, (file, pattern) in PRINTED.items():
        hit = re.search(pattern, (folder / file).read_text(), re.M)
        if hit:
            figures[name] = float(hit[1])
    figures["check.findings"] = float(len(json.loads((folder / "check.json").read_text())["findings"]))
    return figures


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("floors")
    a.add_argument("dir")
    a.add_argument("--before")
    o = a.parse_args()
    floors, figures = read_floors(o.floors), read_figures(Path(o.dir))
    bad = [f"{n}: printed by no script" for n in floors.keys() - figures.keys()]
    bad += [f"{n}: has no floor" for n in figures.keys() - floors.keys()]
    for name in sorted(floors.keys() & figures.keys()):
        sign, limit = floors[name]
        value = figures[name]
        kept = value >= limit if sign == ">=" else value <= limit
        note = "" if kept else "  BROKEN"
        if kept and value != limit and name != "check.seconds" and not name.startswith("bench."):
            note = f"  the floor can be {value:g}"
        print(f"{name:<20}{value:>10g}  {sign} {limit:g}{note}")
        if not kept:
            bad.append(f"{name}: {value:g} is not {sign} {limit:g}")
    for name, (sign, old) in (read_floors(o.before) if o.before else {}).items():
        new = floors.get(name)
        if new is None or new[0] != sign or (new[1] < old if sign == ">=" else new[1] > old):
            bad.append(f"{name}: was {sign} {old:g} in the commit before, which must not be loosened")
    for line in sorted(bad):
        print(f"floors: {line}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
