// What was not read and not understood: there may be thousands of regions.
const lostList = growing(byId("lost"), byId("lost-more"), "file", ([file, reason]) =>
  el("li", {}, placeOf(str(file), 0), `: ${str(reason)}`), 200);
const problemList = growing(byId("problems"), byId("problems-more"), "region", ([file, line, fn, reason, text]) =>
  el("li", {}, placeOf(str(file), line), `: ${str(reason)}${fn === 0 ? "" : ` in ${str(fn)}()`}`, text === 0 ? null : el("code", {}, str(text))), 200);

function startLost() {
  lostList.set(list(doc.lost));
  problemList.set(list(doc.problems));
  if (list(doc.lost).length === 0) byId("lost").append(el("li", {}, "none"));
  if (list(doc.problems).length === 0) byId("problems").append(el("li", {}, "none"));
}
