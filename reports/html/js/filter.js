// The filters. Their state is the fragment of the address: a view can be linked.
const facets = { kind: (p) => [p.kind], conf: (p) => [p.conf], arch: (p) => p.arches };
const state = { view: "findings", kind: new Set(), conf: new Set(), arch: new Set(), lock: "", file: "", q: "", finding: "", at: "", inner: "" };
const views = ["findings", "order", "read"];
const fields = ["lock", "file", "q", "finding", "at", "inner"]; // at and inner: what is chosen in the picture

// fragment writes a state; what is empty or the usual is left out.
function fragment(s) {
  const params = new URLSearchParams();
  if (s.view && s.view !== "findings") params.append("view", s.view);
  for (const name of Object.keys(facets)) for (const v of s[name] ?? []) params.append(name, v);
  for (const name of fields) if (s[name]) params.append(name, s[name]);
  return `#${params}` === "#" ? "#view=findings" : `#${params}`;
}

// readFragment takes the state from the address. "#main" is the skip link's.
function readFragment() {
  const params = new URLSearchParams(location.hash.slice(1));
  const view = params.get("view") ?? "findings";
  state.view = views.includes(view) ? view : "findings";
  for (const name of Object.keys(facets)) state[name] = new Set(params.getAll(name));
  for (const name of fields) state[name] = params.get(name) ?? "";
}

// keep writes the state to the address without a new step of history.
function keep() {
  try {
    history.replaceState(null, "", fragment(state));
  } catch {
    location.replace(fragment(state)); // a browser that counts, or forbids it for files
  }
  linkViews();
}

// linkViews lets the links of the views keep the filters.
function linkViews() {
  for (const a of byId("views").children) a.href = fragment({ ...state, view: a.dataset.view });
}

const knownClasses = new Set(list(doc.locks).map(([cls]) => str(cls)));

// texts are the filters by text: a lock class that is known means just that one.
function texts(s) {
  const out = {};
  if (s.lock !== "") {
    const small = s.lock.toLowerCase();
    out.lock = knownClasses.has(s.lock) ? (p) => p.classes.has(s.lock) : (p) => p.lockNames.includes(small);
  }
  if (s.file !== "") out.file = (p) => p.file.includes(s.file);
  const words = s.q.toLowerCase().split(/\s+/).filter((w) => w !== "");
  if (words.length > 0) out.q = (p) => words.every((w) => haystack(p).includes(w));
  return out;
}

// filtered is the places that pass, and for each value of each facet how many
// would if it alone were chosen in its facet: those that fail that facet at most.
function filtered(s) {
  const counts = {};
  for (const name of Object.keys(facets)) counts[name] = new Map();
  const tests = Object.values(texts(s)), passing = [];
  for (const p of places) {
    if (!tests.every((t) => t(p))) continue;
    const failed = Object.keys(facets).filter((name) => s[name].size > 0 && !facets[name](p).some((v) => s[name].has(v)));
    if (failed.length === 0) passing.push(p);
    if (failed.length > 1) continue;
    for (const name of Object.keys(facets)) {
      if (failed.length === 1 && failed[0] !== name) continue;
      for (const v of facets[name](p)) counts[name].set(v, (counts[name].get(v) ?? 0) + 1);
    }
  }
  return { passing, counts };
}
