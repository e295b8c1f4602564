// The picture: moved and zoomed by its viewBox.
const frame = byId("picture");
const svg = frame.querySelector("svg");
const drawing = svg?.viewBox.baseVal;
const full = svg ? { x: drawing.x, y: drawing.y, w: drawing.width, h: drawing.height } : null;
const view = { x: 0, y: 0, scale: 1 }; // upper left corner, and pixels of the screen for one of the drawing
const parts = svg ? [...svg.querySelectorAll(".box[data-id], .arrow[data-id]")] : [];
const smallest = 0.05, largest = 6, legible = 0.8;

function showView() {
  const { width, height } = frame.getBoundingClientRect();
  if (width === 0) return; // the picture is not shown now
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
}

// fit shows all of the drawing; at first a large one rather so that it can be
// read, from its upper end, with the outermost lock in the middle.
function fit(least) {
  const { width, height } = frame.getBoundingClientRect();
  if (width === 0) return;
  view.scale = Math.max(least, Math.min(1.5, width / full.w, height / full.h));
  const middle = full.w * view.scale > width ? outermost() : full.x + full.w / 2;
  view.x = middle - width / view.scale / 2;
  view.y = full.y + Math.min(0, (full.h - height / view.scale) / 2); // never above its upper end
  showView();
}

// outermost is where the first of the upmost boxes is, from left to right.
function outermost() {
  let best = null;
  for (const p of parts) {
    const b = p.classList.contains("box") ? p.getBBox() : null;
    if (b && (best === null || b.y < best.y || (b.y === best.y && b.x < best.x))) best = b;
  }
  return best === null ? full.x + full.w / 2 : best.x + best.width / 2;
}

// zoom keeps the point of the screen where it is.
function zoom(factor, px, py) {
  const { width, height } = frame.getBoundingClientRect();
  const [x, y] = [px ?? width / 2, py ?? height / 2];
  const scale = Math.min(largest, Math.max(smallest, view.scale * factor));
  view.x += x / view.scale - x / scale;
  view.y += y / view.scale - y / scale;
  view.scale = scale;
  showView();
}

function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  showView();
}

// reveal moves the picture so that a part of it is within the frame.
function reveal(part) {
  const outer = frame.getBoundingClientRect(), r = part.getBoundingClientRect();
  const off = (low, high, from, to) => (high - low > to - from || low < from ? from - low + 20 : high > to ? to - high - 20 : 0);
  const dx = off(r.left, r.right, outer.left, outer.right), dy = off(r.top, r.bottom, outer.top, outer.bottom);
  if (dx !== 0 || dy !== 0) pan(dx, dy);
}

// Pointers: one moves, two zoom. The frame captures them only once they move, or
// a click would not reach what it is on.
const pointers = new Map();
let moved = 0;

function pointerDown(e) {
  pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
  if (pointers.size === 1) moved = 0;
}

function pointerMove(e) {
  const before = pointers.get(e.pointerId);
  if (!before) return;
  const now = { x: e.clientX, y: e.clientY };
  moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (moved > 4) frame.setPointerCapture(e.pointerId);
  if (pointers.size === 1 && moved > 4) pan(now.x - before.x, now.y - before.y);
  if (pointers.size === 2) pinch(e.pointerId, before, now);
  pointers.set(e.pointerId, now);
}

function pinch(id, before, now) {
  const [other] = [...pointers].filter(([one]) => one !== id).map(([, at]) => at);
  const apart = (a) => Math.hypot(a.x - other.x, a.y - other.y);
  const r = frame.getBoundingClientRect();
  if (apart(before) > 0) zoom(apart(now) / apart(before), (now.x + other.x) / 2 - r.left, (now.y + other.y) / 2 - r.top);
  pan((now.x - before.x) / 2, (now.y - before.y) / 2);
}

function pointerUp(e) {
  pointers.delete(e.pointerId);
}

function wheel(e) {
  e.preventDefault();
  const r = frame.getBoundingClientRect();
  const lines = e.deltaMode === 0 ? 1 : 16;
  zoom(Math.exp(-e.deltaY * lines / 400), e.clientX - r.left, e.clientY - r.top);
}

function startMap() {
  byId("drawn").textContent = drawnText();
  if (!svg) {
    frame.hidden = true;
    byId("picture-help").hidden = true;
    return;
  }
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  byId("picture-tools").hidden = false;
  frame.addEventListener("wheel", wheel, { passive: false });
  frame.addEventListener("pointerdown", pointerDown);
  frame.addEventListener("pointermove", pointerMove);
  for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, pointerUp);
  byId("zoom-in").addEventListener("click", () => zoom(1.3));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
  byId("zoom-fit").addEventListener("click", () => fit(smallest));
  let started = false;
  new ResizeObserver(() => {
    if (started) showView();
    else if (frame.clientWidth > 0) {
      started = true;
      fit(legible);
      showChosen();
    }
  }).observe(frame);
}

// drawnText says what of the orders the picture has.
function drawnText() {
  if (orders.length === 0) return "The document names no order of locks.";
  const boxes = parts.filter((p) => p.classList.contains("box"));
  const drawn = boxes.flatMap((p) => members(p.dataset.id)).length, arrows = parts.length - boxes.length;
  const text = `${drawn} of ${plural(orderLocks.size, "lock")} are drawn, with ${plural(arrows, "arrow")} for ${plural(orders.length, "order")}`;
  if (drawn === orderLocks.size && arrows === orders.length) return `${text}.`;
  return `${text}: what follows from other arrows, and what would make the picture illegible, is left out of it and stands in the table below.`;
}
