// The page as a whole: views, theme, print, start.
function showState(moved) {
  readFragment();
  for (const name of views) byId(`view-${name}`).hidden = name !== state.view;
  for (const a of byId("views").children) {
    if (a.dataset.view === state.view) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  linkViews();
  fillForm();
  apply();
  showChosen();
  if (state.view === "findings") openFinding();
  else if (state.at !== "") byId("panel").scrollIntoView({ block: "nearest" });
  if (moved && state.finding === "") byId(`view-${state.view}`).scrollIntoView({ block: "nearest" });
}

// theme goes from what the system says to dark to light.
const themes = ["system", "dark", "light"];
function setTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId("theme").textContent = `Theme: ${name}`;
}

function startTheme() {
  let name = "system";
  try {
    name = localStorage.getItem("klockscan-theme") ?? name;
  } catch { /* a browser that keeps nothing for files */ }
  if (!themes.includes(name)) name = "system";
  setTheme(name);
  byId("theme").addEventListener("click", () => {
    name = themes[(themes.indexOf(name) + 1) % themes.length];
    setTheme(name);
    try {
      localStorage.setItem("klockscan-theme", name);
    } catch { /* as above */ }
  });
}

// On paper every finding that passes the filters stands in full, the picture as
// a whole, and no table ends before its end.
let onPaper = false;
function toPaper() {
  if (onPaper) return;
  onPaper = true;
  byId("printed").replaceChildren(...shown.map((p) => placeItem(p, true)));
  byId("printed").hidden = false;
  for (const rows of [orderTable, lostList, problemList]) rows.all();
  if (svg) svg.setAttribute("viewBox", `${full.x} ${full.y} ${full.w} ${full.h}`);
}

function fromPaper() {
  onPaper = false;
  byId("printed").hidden = true;
  byId("printed").replaceChildren();
  if (svg) showView();
}

function startPrint() {
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", fromPaper);
  matchMedia("print").addEventListener("change", (e) => (e.matches ? toPaper() : fromPaper()));
}

byId("views").hidden = byId("theme").hidden = false;
startTheme();
startList();
startOrders();
startPanel();
startWalk();
startMap();
startLost();
startPrint();
addEventListener("hashchange", () => {
  if (location.hash !== "#main") showState(true);
});
showState(false);
document.documentElement.dataset.ready = "yes"; // tests wait for it
