// The picture by click and by key. Of its parts one at a time is a stop of the
// Tab key: a hundred stops would lock the keyboard in.
const partAt = new Map(parts.map((p) => [p.dataset.id, p]));
const boxParts = parts.filter((p) => p.classList.contains("box"));
const arrowParts = parts.filter((p) => p.classList.contains("arrow"));
let stop = null;

function setStop(part) {
  stop?.setAttribute("tabindex", "-1");
  stop = part;
  stop?.setAttribute("tabindex", "0");
}

function choosePart(part) {
  setStop(part);
  if (part.classList.contains("arrow")) choose(part.dataset.from, part.dataset.to);
  else choose(part.dataset.id, "");
}

// markChosen marks a lock or an order in the picture, and dims what is not next to it.
function markChosen(at, inner) {
  const near = (p) => {
    if (p.classList.contains("arrow")) return inner === "" ? p.dataset.from === at || p.dataset.to === at : p.dataset.from === at && p.dataset.to === inner;
    return p.dataset.id === at || p.dataset.id === inner || (inner === "" && arrowParts.some((a) =>
      (a.dataset.from === at && a.dataset.to === p.dataset.id) || (a.dataset.to === at && a.dataset.from === p.dataset.id)));
  };
  const part = inner === "" ? partAt.get(at) : arrowParts.find((a) => a.dataset.from === at && a.dataset.to === inner);
  for (const p of parts) {
    p.classList.toggle("chosen", p === part);
    p.classList.toggle("dimmed", part !== undefined && !near(p));
  }
  if (part) {
    setStop(part);
    reveal(part);
  }
}

// next is where an arrow key leads from a part: to a lock's first arrow and on to
// its other end, or to the neighbour on the same level.
function next(part, key) {
  const of = (all, by) => all[(all.indexOf(part) + by + all.length) % all.length];
  const sideways = key === "ArrowRight" ? 1 : -1;
  if (part.classList.contains("box")) {
    const ways = { ArrowDown: (a) => a.dataset.from === part.dataset.id, ArrowUp: (a) => a.dataset.to === part.dataset.id };
    return ways[key] ? arrowParts.find(ways[key]) : of(boxParts, sideways);
  }
  if (key === "ArrowDown" || key === "ArrowUp") return partAt.get(key === "ArrowDown" ? part.dataset.to : part.dataset.from);
  return of(arrowParts.filter((a) => a.dataset.from === part.dataset.from), sideways);
}

function frameKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  const part = e.target.closest?.(".box, .arrow");
  if (e.key === "+" || e.key === "=") zoom(1.3);
  else if (e.key === "-") zoom(1 / 1.3);
  else if (e.key === "0") fit(smallest);
  else if (e.key === "Escape" && state.at !== "") closePanel();
  else if (part && (e.key === "Enter" || e.key === " ")) choosePart(part);
  else if (part && e.key in moves) {
    const to = next(part, e.key);
    if (to) {
      setStop(to);
      to.focus({ preventScroll: true });
      reveal(to);
    }
  } else if (e.key in moves) pan(...moves[e.key]);
  else return;
  e.preventDefault();
}

// label says what a part is, for who cannot see it.
function label(part) {
  if (!part.classList.contains("arrow")) return `lock ${nameOf(part.dataset.id)}`;
  const style = styleNames.find((s) => part.classList.contains(s)) ?? "";
  return `${nameOf(part.dataset.from)} outside ${nameOf(part.dataset.to)}, ${style}`;
}

function startWalk() {
  for (const part of parts) {
    part.setAttribute("role", "button");
    part.setAttribute("tabindex", "-1");
    part.setAttribute("aria-label", label(part));
  }
  for (const part of arrowParts) { // a line is too thin to be hit
    const path = part.querySelector("path");
    const hit = path.cloneNode();
    for (const name of ["marker-end", "marker-start", "stroke-dasharray", "style"]) hit.removeAttribute(name);
    hit.setAttribute("class", "hit");
    part.prepend(hit);
  }
  const middle = (p) => { const b = p.getBBox(); return [b.y + b.height / 2, b.x]; };
  if (boxParts.length > 0) setStop(boxParts[0]);
  frame.addEventListener("keydown", frameKey);
  frame.addEventListener("click", (e) => {
    const part = e.target.closest(".box, .arrow");
    if (part?.dataset.id && moved <= 4) choosePart(part);
  });
  frame.addEventListener("focusin", () => { // boxes go by rows, once they are laid out
    boxParts.sort((a, b) => middle(a)[0] - middle(b)[0] || middle(a)[1] - middle(b)[1]);
  }, { once: true });
  byId("find-lock").addEventListener("change", findLock);
}

// findLock chooses the lock that is named, or the first whose name has the text.
function findLock(e) {
  const text = e.target.value, small = text.toLowerCase();
  if (text === "") return;
  const cls = orderLocks.has(text) ? text : [...orderLocks.keys()].sort().find((c) =>
    c.toLowerCase().includes(small) || nameOf(c).toLowerCase().includes(small));
  if (cls === undefined) {
    say(`There is no lock ${text}`);
    return;
  }
  choose(cls, "");
}
