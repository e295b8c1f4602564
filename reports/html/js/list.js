// The list of findings and its form.
const findings = growing(byId("list"), byId("list-more"), "place", (p) => placeItem(p, false), 60);
const boxes = {}; // facet → value → its checkbox and count

// facetBoxes makes a checkbox for each value; a value that only the link names
// has one as well, so that it can be taken away.
function facetBoxes(name) {
  const values = new Set(places.flatMap(facets[name]));
  for (const v of state[name]) values.add(v);
  const sorted = name === "conf" ? [...values].sort((a, b) => rank(a) - rank(b)) : [...values];
  boxes[name] = new Map();
  const made = sorted.map((v) => {
    const input = el("input", { type: "checkbox", value: v, onchange: () => {
      if (input.checked) state[name].add(v);
      else state[name].delete(v);
      changed();
    } });
    const count = el("span", { class: "dim" });
    boxes[name].set(v, { input, count });
    return el("label", { class: "chip" }, input, ` ${v} `, count);
  });
  const set = byId(`filter-${name}`);
  set.replaceChildren(set.firstElementChild, ...made);
  set.hidden = sorted.length < 2 && state[name].size === 0;
}

// changed is after the form: the address follows, then the list.
function changed() {
  state.finding = "";
  keep();
  apply();
}

let shown = places; // by the filters, in their order

function apply() {
  const { passing, counts } = filtered(state);
  shown = passing;
  findings.set(passing);
  for (const [name, all] of Object.entries(boxes)) {
    for (const [v, box] of all) {
      box.input.checked = state[name].has(v);
      box.count.textContent = String(counts[name].get(v) ?? 0);
    }
  }
  const text = passing.length === places.length ? plural(places.length, "place") : `${passing.length} of ${plural(places.length, "place")}`;
  byId("filter-status").textContent = places.length === 0 ? "There are no findings." :
    text + (passing.length === 0 ? ": nothing passes the filters." : "");
}

// fillForm writes the state into the form.
function fillForm() {
  for (const name of ["lock", "file", "q"]) byId(`filter-${name}`).value = state[name];
  for (const name of Object.keys(facets)) facetBoxes(name);
}

// openFinding opens the place that the address names: by its own name, or by the
// fingerprint of one of its findings.
function openFinding() {
  if (state.finding === "") return;
  const p = places.find((one) => one.own === state.finding) ?? places.find((one) => one.prints.includes(state.finding));
  if (!p) {
    byId("filter-status").textContent += ` The finding ${state.finding} is not in this report.`;
    return;
  }
  if (!shown.includes(p)) {
    byId("filter-status").textContent += " The finding of the link does not pass the filters.";
    return;
  }
  const item = findings.reach(p);
  item.show(true);
  item.scrollIntoView({ block: "start" });
}

// Up and down go from finding to finding.
function walkList(e) {
  const item = e.target.closest?.(".head")?.closest(".finding");
  if (!item || !["ArrowDown", "ArrowUp"].includes(e.key)) return;
  e.preventDefault();
  const next = e.key === "ArrowDown" ? item.nextElementSibling : item.previousElementSibling;
  next?.querySelector(".head").focus();
}

// The address names the finding that was opened last, so that it can be passed on.
function rememberOpened(e) {
  const item = e.target.closest?.(".head")?.closest(".finding");
  if (!item) return;
  const open = item.querySelector(".head").getAttribute("aria-expanded") === "true";
  state.finding = open ? places[Number(item.dataset.place)].own : "";
  keep();
}

function startList() {
  byId("filters").hidden = false;
  byId("filters").addEventListener("submit", (e) => e.preventDefault());
  byId("filters").addEventListener("reset", (e) => {
    e.preventDefault();
    for (const name of Object.keys(facets)) state[name].clear();
    state.lock = state.file = state.q = "";
    fillForm();
    changed();
  });
  for (const name of ["lock", "file", "q"]) {
    byId(`filter-${name}`).addEventListener("input", (e) => {
      state[name] = e.target.value;
      changed();
    });
  }
  const option = (v) => el("option", { value: v });
  byId("lock-names").append(...[...new Set(places.flatMap((p) => [...p.classes]))].sort().map(option));
  byId("file-names").append(...[...new Set(places.map((p) => p.file))].sort().map(option));
  byId("list").addEventListener("keydown", walkList);
  byId("list").addEventListener("click", rememberOpened);
  for (const cell of document.querySelectorAll(".kinds td[data-kind]")) linkCell(cell);
}

// linkCell makes a number of the summary a link to what it counts.
function linkCell(cell) {
  if (cell.textContent === "0") return;
  const { kind, conf } = cell.dataset;
  cell.replaceChildren(el("a", { href: fragment({ kind: [kind], conf: conf === undefined ? [] : [conf] }), "aria-label":
    `${cell.textContent}: ${kind}${conf === undefined ? "" : `, ${conf}`}` }, cell.textContent));
}
