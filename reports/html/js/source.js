// Places: links into a source browser, and the lines that the document brings along.
const linkable = doc.link !== "" && (doc.kernel !== "" || !/\{(kernel|version)\}/.test(doc.link));

// href fills the link's template. A file that is not a plain path of the tree
// (it may be named by anybody) has no link.
function href(file, line) {
  const parts = file.split("/");
  if (!linkable || file === "" || parts.some((p) => p === "" || p === "." || p === "..")) return null;
  const values = {
    file: parts.map(encodeURIComponent).join("/"), line: String(Math.max(line, 1)),
    kernel: encodeURIComponent(doc.kernel), version: encodeURIComponent(doc.kernel),
  };
  const url = doc.link.replace(/\{(file|line|kernel|version)\}/g, (_, name) => values[name]);
  return /^https?:\/\//i.test(url) ? url : null;
}

function where(file, line) {
  if (file === "") return "(not in what was read)";
  return line > 0 ? `${file}:${line}` : file;
}

// placeOf is FILE:LINE, as a link if there is one.
function placeOf(file, line) {
  const url = href(file, line);
  if (url === null) return el("span", { class: "place" }, where(file, line));
  return el("a", { class: "place", href: url, target: "_blank", rel: "noopener noreferrer" }, where(file, line));
}

const excerpts = new Map();
for (const x of list(doc.sources)) {
  const file = str(x.file);
  if (!excerpts.has(file)) excerpts.set(file, []);
  excerpts.get(file).push(x);
}

// excerpt is the one that has the line, or undefined.
const excerpt = (file, line) => list(excerpts.get(file)).find((x) => x.line <= line && line < x.line + list(x.text).length);

const around = 3; // lines shown before and after the one that is meant

// source shows the lines around a place, the line itself marked.
function source(file, line) {
  const x = excerpt(file, line);
  const from = Math.max(x.line, line - around), to = Math.min(x.line + x.text.length - 1, line + around);
  const rows = [];
  for (let n = from; n <= to; n++) {
    rows.push(el("span", { class: n === line ? "row here" : "row" },
      el("span", { class: "number" }, String(n)),
      el(n === line ? "mark" : "span", { class: "code" }, x.text[n - x.line] + "\n")));
  }
  return el("pre", { class: "source", tabindex: "0", role: "region", "aria-label": `Source around ${where(file, line)}` }, ...rows);
}

// withSource is a line of text with its place; if its source is there, a button
// before it opens that.
function withSource(props, text, file, line) {
  const head = el("div", { class: "line" });
  const box = el("div", props, head);
  if (excerpt(file, line)) {
    const o = opener({ class: "step-open", "aria-label": `Source of ${where(file, line)}` }, [], () => source(file, line));
    head.append(o.button);
    box.append(o.body);
    box.show = o.show;
  }
  head.append(el("span", { class: "what" }, ...text), placeOf(file, line));
  return box;
}
