// The document. Strings, steps, chains, locks and rules are named by index;
// html_data.go says which index means what.
const doc = JSON.parse(document.getElementById("data").textContent);
const str = (i) => doc.strings[i] ?? "";
const list = (a) => a ?? []; // Go writes an empty list as null

const step = (i) => {
  const [fn, file, line, edge, via] = doc.steps[i];
  return { fn: str(fn), file: str(file), line, edge: str(edge), via: str(via) };
};
const chain = (i) => doc.chains[i].map(step);
const lock = (i) => {
  const [cls, name, mode, wasTry, fn, file, line] = doc.locks[i];
  return { cls: str(cls), name: str(name), mode: str(mode), wasTry: wasTry === 1, fn: str(fn), file: str(file), line };
};

// Places, with what filters and rows ask for worked out once.
const places = list(doc.places).map((p, id) => {
  const locks = p.ways.flatMap((w) => list(w.locks).map(([, l]) => lock(l)));
  return {
    id, ways: p.ways, line: p.line,
    kind: str(p.kind), conf: str(p.conf), arches: list(p.arches).map(str), fn: str(p.func), file: str(p.file),
    prints: list(p.prints).map(str), own: str(p.id),
    classes: new Set(locks.map((l) => l.cls)),
    lockNames: locks.map((l) => `${l.cls}\n${l.name}`).join("\n").toLowerCase(),
    text: "", // for the search, made when it is first needed
  };
});

// haystack is all the text of a place in small letters.
function haystack(p) {
  if (p.text !== "") return p.text;
  const parts = [p.kind, p.conf, p.fn, `${p.file}:${p.line}`, ...p.arches, ...p.prints, p.lockNames];
  for (const w of p.ways) {
    parts.push(str(w.msg), ...list(w.assumed).map(str));
    if (w.rule) parts.push(str(doc.rules[w.rule - 1].text), str(doc.rules[w.rule - 1].file));
    for (const c of [w.chain, (w.rev ?? 0) - 1]) {
      if (c >= 0) for (const i of doc.chains[c]) parts.push(str(doc.steps[i][0]), str(doc.steps[i][1]));
    }
  }
  p.text = parts.join("\n").toLowerCase();
  return p.text;
}

const plural = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
const ranks = ["certain", "likely", "possible", "guess"];
const rank = (conf) => (ranks.indexOf(conf) + ranks.length + 1) % (ranks.length + 1); // what is none of them comes last
