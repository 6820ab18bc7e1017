// Puts everything in its place.

function tools() {
  const themes = ["", "light", "dark"];
  let theme = 0;
  const label = () => `Colours: ${themes[theme] || "auto"}`;
  const switcher = el("button", {
    type: "button", click: () => {
      theme = (theme + 1) % themes.length;
      if (themes[theme] === "") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = themes[theme];
      switcher.textContent = label();
    },
  }, label());
  add(byId("tools"), switcher, el("button", { type: "button", click: () => print() }, "Print"));
  byId("tools").hidden = false;
}

/** Links to sections move the page and the focus, and leave the address to the state. */
function goToSection(event) {
  const link = event.target.closest("a[href^='#']");
  if (!link || link.hash.includes("=") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const section = byId(link.hash.slice(1));
  if (!section) return;
  event.preventDefault();
  section.scrollIntoView();
  section.focus({ preventScroll: true });
}

function toPaper() {
  if (paper) return;
  paper = true;
  findingPages.unroll(PRINTED);
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const finding of findingPages.items.slice(0, PRINTED)) {
    const details = byId(`finding-${finding.id}`);
    opened(finding, details, details.querySelector(".body"));
  }
  if (findingPages.items.length > PRINTED) add(list, el("li", null, `${findingPages.items.length - PRINTED} more findings are not printed; filter to print others.`));
}

function toScreen() {
  findingPages.turn(findingPages.from);
  paper = false;
  showFinding(false);
}

tools();
drawFilters();
onState((changed) => {
  if (FILTERS.some((name) => changed.has(name))) fillFindings();
  if (changed.has("finding")) showFinding(true);
});
fillFindings();
drawTables();
new Timeline(byId("timeline").querySelector(".filled"));
addEventListener("hashchange", readAddress);
document.addEventListener("click", goToSection);
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", toScreen);
readAddress();
