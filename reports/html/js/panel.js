// The panel beside the picture: a lock with its orders and rules, or one order
// with its rules, findings and the chains that were seen.
let before = null; // what had the focus before the panel

function orderItem(o, other) {
  return el("li", {}, orderButton(o, [mark(o.style), ...whole(nameOf(other))]));
}

function section(title, items) {
  if (items.length === 0) return null;
  return el("div", { class: "block" }, el("h4", {}, title), el("ul", {}, ...items));
}

function lockPanel(cls) {
  const all = orderLocks.get(cls) ?? { inside: [], outside: [] };
  const found = places.filter((p) => p.classes.has(cls)).length;
  return [
    el("p", { class: "dim" }, cls),
    el("p", {}, found === 0 ? "No finding is about it." : el("a", { href: fragment({ lock: cls }) }, `${plural(found, "place")} with findings about it`)),
    section("Taken while it is held", all.inside.map((o) => orderItem(o, o.inner))),
    section("Held while it is taken", all.outside.map((o) => orderItem(o, o.outer))),
    section("Rules that name it", list(rulesOf.get(cls)).map((r) => el("li", {}, ruleBlock(r, str(doc.rules[r].kind))))),
  ];
}

// pairItem is one observation; its chain is opened.
function pairItem(index) {
  const p = doc.pairs[index];
  const o = opener({ class: "also" }, [`${str(p.arch)}, ${str(p.conf)}: ${lock(p.inner).fn}()${lock(p.inner).wasTry ? ", trylock" : ""}`],
    () => el("div", {}, lockRow("held", p.outer), lockRow("taken", p.inner), chainList("Chain", p.chain),
      ...list(p.assumed).map((a) => el("div", { class: "warn" }, `assumed: ${str(a)}`))));
  return el("li", {}, o.button, o.body);
}

function orderPanel(o) {
  const sure = [...o.pairs].sort((a, b) => rank(str(doc.pairs[a].conf)) - rank(str(doc.pairs[b].conf)) ||
    doc.chains[doc.pairs[a].chain].length - doc.chains[doc.pairs[b].chain].length);
  const seen = el("ul", {}), button = el("button", { type: "button", class: "small" });
  growing(seen, button, "place", pairItem, 20).set(sure);
  return [
    el("p", {}, "held: ", lockButton(o.outer), el("br"), "taken inside it: ", lockButton(o.inner)),
    el("p", {}, mark(o.style), " ", styles[o.style].replace(`${o.style}: `, "")),
    section("Findings", o.places.map((i) => el("li", {},
      el("a", { href: fragment({ finding: places[i].own }) }, `${places[i].kind}: ${str(places[i].ways[0].msg)}`),
      el("span", { class: "dim" }, ` ${places[i].conf}, ${places[i].arches.join(" ")}`)))),
    section("Rules that state it", o.rules.map((r) => el("li", {}, ruleBlock(r, str(doc.rules[r].kind))))),
    sure.length === 0 ? null : el("div", { class: "block" }, el("h4", {}, `Seen, ${plural(sure.length, "witness")}`.replace("witnesss", "witnesses")), seen, button),
  ];
}

// between lists the orders of the locks of two boxes that stand for several.
function between(outer, inner) {
  const from = new Set(members(outer)), to = new Set(members(inner));
  return orders.filter((o) => from.has(o.outer) && to.has(o.inner)).map((o) =>
    el("li", {}, orderButton(o, [mark(o.style), ...whole(`${nameOf(o.outer)} → ${nameOf(o.inner)}`)])));
}

// choose opens the panel of a lock, or with inner that of an order.
function choose(outer, inner) {
  before = document.activeElement;
  state.at = outer;
  state.inner = inner;
  keep();
  showChosen();
  byId("panel").querySelector("h3")?.focus();
}

// showChosen draws what the state names; it moves no focus.
function showChosen() {
  const panel = byId("panel"), { at, inner } = state;
  const o = orderAt.get(orderKey(at, inner));
  panel.hidden = at === "";
  panel.replaceChildren();
  markChosen(at, inner);
  if (at === "") return;
  const known = inner === "" ? orderLocks.has(at) || rulesOf.has(at) || knownClasses.has(at) : o !== undefined;
  const inside = known ? [] : inner === "" ? members(at).map((cls) => el("li", {}, lockButton(cls))) : between(at, inner);
  const title = inner === "" ? nameOf(at) : `${nameOf(at)} → ${nameOf(inner)}`;
  const close = el("button", { type: "button", class: "close control", "aria-label": "Close", onclick: closePanel }, "×");
  panel.append(close, el("h3", { tabindex: "-1" }, title));
  if (inside.length > 0) panel.append(section(inner === "" ? "Its locks" : "Orders of their locks", inside));
  else if (!known) panel.append(el("p", {}, "This report says nothing about it."));
  else panel.append(...(inner === "" ? lockPanel(at) : orderPanel(o)).filter((part) => part !== null));
}

function closePanel() {
  state.at = state.inner = "";
  keep();
  showChosen();
  if (before?.isConnected) before.focus();
  else byId("picture").focus();
}

function startPanel() {
  byId("panel").addEventListener("keydown", (e) => {
    if (e.key === "Escape") closePanel();
  });
}
