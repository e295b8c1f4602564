// How one place of findings is shown.
const calls = (edge) => (edge === "async" || edge === "deferred" ? "~>" : "->");

// chainList is the calls from the way in to the place.
function chainList(title, index) {
  const steps = chain(index);
  if (steps.length === 0) return null;
  const rows = steps.map((s, i) => withSource({ class: "step" }, [
    el("span", { class: "arrow-sign", "aria-hidden": "true" }, i === 0 ? "" : calls(s.edge)),
    el("b", {}, `${s.fn}()`),
    s.edge === "" || s.edge === "direct" ? null : el("span", { class: "edge" }, ` [${`${s.edge} ${s.via}`.trim()}]`),
    i === 0 ? el("span", { class: "dim" }, " defined at ") : el("span", { class: "dim" }, " called at "),
  ], s.file, s.line));
  const all = rows.some((r) => r.show) ? el("button", {
    type: "button", class: "small control", "aria-pressed": "false", onclick: (e) => {
      const open = e.target.getAttribute("aria-pressed") === "false";
      e.target.setAttribute("aria-pressed", String(open));
      for (const r of rows) r.show?.(open);
    },
  }, "all sources") : null;
  return el("div", { class: "block" }, el("h4", {}, title, " ", el("span", { class: "dim" }, plural(steps.length, "function")), " ", all),
    el("ol", { class: "chain" }, ...rows.map((r) => el("li", {}, r))));
}

// ruleBlock is a rule with its place, and the rules that it follows from.
function ruleBlock(index, title) {
  const r = doc.rules[index];
  const names = (all) => list(all).map((n) => str(n[0])).join(", ");
  const box = el("div", { class: "rule" },
    withSource({}, [el("span", { class: "dim" }, `${title}: `), el("q", {}, str(r.text)), " "], str(r.file), r.line));
  const states = [names(r.outer), r.between, names(r.inner)].filter((s) => s !== "").join(" ");
  if (r.between !== "" && states !== r.between) box.append(el("div", { class: "dim" }, `read as ${str(r.kind)}: ${states}`));
  if (r.arch !== 0) box.append(el("div", { class: "dim" }, `on ${str(r.arch)} only`));
  if (str(r.status) !== "") box.append(el("div", { class: "warn" }, str(r.status)));
  for (const from of list(r.from)) box.append(ruleBlock(from, "follows from"));
  if (r.remark) box.append(ruleBlock(r.remark - 1, "remark"));
  return box;
}

function lockRow(title, index) {
  const l = lock(index);
  if (title === "missing") return el("div", {}, el("span", { class: "dim title" }, `${title}: `), lockLink(l));
  return withSource({}, [
    el("span", { class: "dim title" }, `${title}: `), lockLink(l),
    el("span", { class: "dim" }, `${l.mode === "" ? "" : `, ${l.wasTry ? "try " : ""}${l.mode}`}, in `), `${l.fn}()`, el("span", { class: "dim" }, " at "),
  ], l.file, l.line);
}

// lockLink leads to the lock in the picture and its panel.
function lockLink(l) {
  return el("a", { class: "lock", href: fragment({ view: "order", at: l.cls }), title: l.cls }, ...whole(l.name || l.cls));
}

function fingerprint(print) {
  const code = el("code", {}, print);
  return el("span", { class: "print-of" }, code, " ", el("button", {
    type: "button", class: "small copy control", "aria-label": `Copy the fingerprint ${print}`, onclick: (e) => copy(print, code, e.target),
  }, "copy"));
}

// copy goes the old way where the clipboard is closed to pages, or to files.
async function copy(text, element, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "copied" : "selected";
  say(done ? `${text} is copied` : `${text} is selected`);
  setTimeout(() => { button.textContent = "copy"; }, 1500);
}

// wayBody is one finding in full.
function wayBody(w) {
  return el("div", { class: "way" },
    w.rule ? ruleBlock(w.rule - 1, "rule") : null,
    ...list(w.locks).map(([title, l]) => lockRow(str(title), l)),
    chainList("Chain", w.chain),
    w.rev ? chainList("The other order", w.rev - 1) : null,
    ...list(w.assumed).map((a) => el("div", { class: "warn" }, `assumed: ${str(a)}`)));
}

function placeBody(p, expanded) {
  const [first, ...also] = p.ways;
  const body = el("div", { class: "body" },
    withSource({ class: "at" }, [el("span", { class: "dim" }, "at "), `${p.fn}() `], p.file, p.line),
    wayBody(first),
    el("div", { class: "prints" }, el("span", { class: "dim" }, p.prints.length > 1 ? "fingerprints: " : "fingerprint: "), ...p.prints.map(fingerprint)));
  for (const w of also) {
    const line = chain(w.chain).map((s, i) => `${i === 0 ? "" : ` ${calls(s.edge)} `}${s.fn}`).join("");
    const o = opener({ class: "also" }, [`also on ${str(w.arch)}: ${line || str(w.msg)}`], () => el("div", {}, w.msg === first.msg ? null : el("p", {}, str(w.msg)), wayBody(w)));
    if (expanded) o.show(true);
    body.append(o.button, o.body);
  }
  return body;
}

// placeItem is the row of the list.
function placeItem(p, expanded) {
  const o = opener({ class: "head" }, [
    el("span", { class: `kind ${rank(p.conf) < 2 ? "sure" : ""}` }, p.kind),
    el("span", { class: "message" }, ...whole(str(p.ways[0].msg))),
    el("span", { class: "meta" }, el("span", { class: "where" }, where(p.file, p.line)),
      el("span", { class: `conf c${rank(p.conf)}` }, p.conf), el("span", {}, p.arches.join(" "))),
  ], () => placeBody(p, expanded));
  if (expanded) o.show(true);
  const item = el("li", { class: "finding" }, el("h3", {}, o.button), o.body);
  item.show = o.show;
  item.dataset.place = p.id;
  return item;
}
