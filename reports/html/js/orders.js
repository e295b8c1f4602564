// The orders of locks, and the table of all of them.
const styles = {
  contradicted: "contradicted: a finding says that this order must not be",
  both: "documented, and seen in the code",
  documented: "documented, not seen in the code",
  observed: "seen in the code, not documented",
};
const styleNames = Object.keys(styles);

const orders = list(doc.orders).map((o) => ({
  outer: str(o.outer), inner: str(o.inner), style: o.style, rules: list(o.rules), pairs: list(o.pairs), places: list(o.places),
}));
orders.sort((a, b) => styleNames.indexOf(a.style) - styleNames.indexOf(b.style)); // stable: else as in the document

const orderKey = (outer, inner) => `${outer}\u0000${inner}`;
const orderAt = new Map(orders.map((o) => [orderKey(o.outer, o.inner), o]));
const orderLocks = new Map(); // class → its orders, as the outer and as the inner lock
for (const o of orders) {
  for (const cls of [o.outer, o.inner]) if (!orderLocks.has(cls)) orderLocks.set(cls, { inside: [], outside: [] });
  orderLocks.get(o.outer).inside.push(o);
  orderLocks.get(o.inner).outside.push(o);
}

// members are the locks that a box of the picture stands for: one, or those of a
// struct that is drawn as one box.
const members = (id) => (orderLocks.has(id) ? [id] : [...orderLocks.keys()].filter((cls) => cls.startsWith(`${id}.`)));

// What the code calls each class; a wait is called by its function, so what is
// taken goes first.
const classNames = new Map();
for (const waits of [false, true]) {
  for (const [cls, name, mode] of list(doc.locks)) {
    if ((str(mode) === "wait") === waits && name !== 0 && !classNames.has(str(cls))) classNames.set(str(cls), str(name));
  }
}
const nameOf = (cls) => classNames.get(cls) ?? cls;

const rulesOf = new Map(); // class → rules that name it
list(doc.rules).forEach((r, i) => {
  const all = new Set([...list(r.outer), ...list(r.inner)].flatMap((n) => n.slice(1)).map(str));
  for (const cls of all) {
    if (!rulesOf.has(cls)) rulesOf.set(cls, []);
    rulesOf.get(cls).push(i);
  }
});

// sample is the line of the legend: the same classes as in the picture.
function sample(style) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg"), g = document.createElementNS(ns, "g");
  for (const [k, v] of Object.entries({ width: 44, height: 12, viewBox: "0 0 44 12", "aria-hidden": "true", class: "sample" })) svg.setAttribute(k, v);
  g.setAttribute("class", `key ${style}`);
  const draw = (cls, d) => {
    const path = document.createElementNS(ns, "path");
    path.setAttribute("class", cls);
    path.setAttribute("d", d);
    g.append(path);
  };
  draw("line", "M2 6H34");
  if (style === "documented") draw("core", "M2 6H34"); // a double line
  draw("head", style === "documented" ? "M33 0L41 6L33 12" : "M32 1L43 6L32 11z");
  if (style === "contradicted") draw("head", "M28 0H31V12H28z");
  svg.append(g);
  return svg;
}

const mark = (style) => el("span", { class: `style ${style}` }, style);

function orderButton(o, label) {
  return el("button", { type: "button", class: "link", onclick: () => choose(o.outer, o.inner) }, ...label);
}

function lockButton(cls) {
  return el("button", { type: "button", class: "link", title: cls, onclick: () => choose(cls, "") }, ...whole(nameOf(cls)));
}

function orderRow(o) {
  return el("tr", {}, el("td", {}, lockButton(o.outer)), el("td", {}, lockButton(o.inner)),
    el("td", {}, orderButton(o, [mark(o.style)])), el("td", {}, String(o.rules.length)), el("td", {}, String(o.pairs.length)), el("td", {}, String(o.places.length)));
}

const orderTable = growing(byId("order-rows"), byId("order-more"), "order", orderRow, 100);

function applyOrders() {
  const style = byId("order-style").value, text = byId("order-lock").value;
  const small = text.toLowerCase();
  const names = (cls) => (orderLocks.has(text) ? cls === text : cls.toLowerCase().includes(small) || nameOf(cls).toLowerCase().includes(small));
  const left = orders.filter((o) => (style === "" || o.style === style) && (text === "" || names(o.outer) || names(o.inner)));
  orderTable.set(left);
  byId("order-status").textContent = left.length === orders.length ? plural(orders.length, "order") : `${left.length} of ${plural(orders.length, "order")}`;
}

function startOrders() {
  for (const name of styleNames) byId("legend").append(el("li", {}, sample(name), " ", styles[name]));
  byId("order-tools").hidden = orders.length === 0;
  byId("order-style").append(el("option", { value: "" }, "all"), ...styleNames.map((s) =>
    el("option", { value: s }, `${s} (${orders.filter((o) => o.style === s).length})`)));
  byId("order-style").addEventListener("change", applyOrders);
  byId("order-lock").addEventListener("input", applyOrders);
  byId("order-locks").append(...[...orderLocks.keys()].sort().map((cls) => el("option", { value: cls }, nameOf(cls))));
  applyOrders();
}
