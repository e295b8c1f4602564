// Elements are made here and nowhere else, from text: no string ever becomes
// markup (the page's policy forbids it, too).
function el(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

// whole keeps an arrow of C together at the end of a line.
function whole(text) {
  return text.split(/(->)/).map((part) => (part === "->" ? el("span", { class: "whole" }, part) : part));
}

const byId = (id) => document.getElementById(id);

// say tells a screen reader what has happened.
function say(text) {
  byId("said").textContent = text;
}

// opener makes a button that shows and hides what fill makes, when it is first
// shown: hidden elements cost as much as shown ones.
let opened = 0;
function opener(props, label, fill) {
  const body = el("div", { hidden: true, id: `o${++opened}`, class: "opened" });
  const button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": body.id, ...props }, ...label);
  const show = (open) => {
    if (open && !body.hasChildNodes()) body.append(fill());
    body.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(body.hidden));
  return { button, body, show };
}

// growing fills a list or table by the hundred: at its end a button shows more,
// and comes to be pressed by scrolling near to it.
function growing(parent, button, noun, make, chunk) {
  let rows = [], done = 0;
  const more = () => {
    const part = rows.slice(done, done + chunk).map(make);
    parent.append(...part);
    done += part.length;
    button.hidden = done >= rows.length;
    button.textContent = `Show ${Math.min(chunk, rows.length - done)} more of ${plural(rows.length - done, noun)}`;
    return part;
  };
  button.addEventListener("click", () => {
    const first = more()[0]?.querySelector("button, a");
    first?.focus();
  });
  new IntersectionObserver((seen) => {
    if (seen.some((s) => s.isIntersecting) && done < rows.length) more();
  }, { rootMargin: "600px" }).observe(button);
  return {
    set(all) {
      rows = all;
      done = 0;
      parent.replaceChildren();
      more();
    },
    // all makes the rest: paper has no button.
    all() {
      while (done < rows.length) more();
    },
    // reach makes rows until the one that is wanted is there.
    reach(wanted) {
      const at = rows.indexOf(wanted);
      while (at >= done && done < rows.length) more();
      return at < 0 ? null : parent.children[at];
    },
  };
}
