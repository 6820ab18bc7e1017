// The list of findings, and the filters above it.

function part(label, text) {
  return el("span", { class: "part" }, el("span", { class: "label" }, label), " ", el("span", { class: "value" }, text));
}

function few(all, none) {
  const more = all.length > 3 ? ` and ${all.length - 3} more` : "";
  return all.slice(0, 3).map((one) => excerpt(one, NAME)).join(" · ") + more || none;
}

/** How much of a title and of a name stands in a row; `findings.rs` cuts there, too. */
const [TITLE, NAME] = [240, 80];

/** One finding at a glance; its evidence is drawn when it is opened. */
function findingRow(finding) {
  const glance = glanceOf.get(finding);
  const body = el("div", { class: "body" });
  const details = el("details", { class: "finding", id: `finding-${finding.id}`, toggle: () => opened(finding, details, body) },
    el("summary", null,
      el("span", { class: "risk" }, el("span", { class: `chip ${finding.band}` }, `${finding.band} `, el("b", null, finding.risk))),
      el("span", { class: "what" },
        el("span", { class: "title", role: "heading", "aria-level": "3" }, excerpt(finding.title, TITLE)),
        el("span", { class: "glance" },
          part("who", few(glance.who, "nobody known")), part("when", glance.when),
          part("where", few(glance.places, "no place")), part("sure", glance.sure)),
        el("span", { class: "tags" },
          [finding.rule, finding.status, ...finding.techniques].map((tag) => el("span", { class: "tag" }, tag))))),
    body);
  return details;
}

function opened(finding, details, body) {
  if (details.open && body.childElementCount === 0) add(body, evidence(finding));
  if (paper) return;
  if (details.open) ask({ finding: finding.id });
  else if (state.get("finding") === finding.id) ask({ finding: "" });
}

/** Whether the page is being printed. */
let paper = false;

/** How many findings are printed with their evidence. */
const PRINTED = 200;

const list = byId("list");
const findingPages = new Pages(byId("pager"), (some) =>
  list.replaceChildren(...some.map((finding) => el("li", null, findingRow(finding)))));

function fillFindings() {
  const wanted = filters().length === 0 ? view.findings : view.findings.filter(wants);
  findingPages.fill(wanted);
  const all = plural(view.findings.length, "finding");
  byId("found").textContent = view.findings.length === 0 ? "No findings."
    : filters().length === 0 ? `${all}, the highest risk first.`
      : `${wanted.length.toLocaleString("en")} of ${all} fit the filters.`;
}

/** Opens the finding that the address names, and goes there. */
function showFinding(go) {
  for (const shown of list.querySelectorAll(".target")) shown.classList.remove("target");
  const finding = findings.get(state.get("finding") ?? "");
  if (!finding) return;
  let place = findingPages.items.indexOf(finding);
  if (place < 0) {
    ask(Object.fromEntries(FILTERS.map((name) => [name, ""])));
    place = findingPages.items.indexOf(finding);
  }
  const id = `finding-${finding.id}`;
  if (!byId(id)) findingPages.turn(place);
  const details = byId(id);
  details.classList.add("target");
  if (!details.open) details.open = true;
  if (!go) return;
  opened(finding, details, details.querySelector(".body"));
  details.querySelector("summary").focus({ preventScroll: true });
  details.scrollIntoView({ block: "start" });
}

const everyPlace = () => [...new Set([...view.coverage, ...view.changes.map((change) => change.resource ?? change.scope),
  ...view.findings.flatMap((finding) => [...finding.resources, ...finding.scopes])].filter(Boolean).map((one) => `${one.provider}\n${one.account}`))]
  .map((text) => text.split("\n"));

/** The names that a filter offers, those that most findings bear first. */
function offered(namesOf) {
  const counts = new Map();
  for (const finding of view.findings) for (const name of new Set(namesOf(finding))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name, count]) => [name, `${name} (${count})`]);
}

function chooser(name, label, choices) {
  const select = el("select", { change: () => ask({ [name]: select.value }) },
    el("option", { value: "" }, "any"), choices.map(([value, text]) => choice(value, text)));
  onState(() => {
    const value = state.get(name) ?? "";
    if (![...select.options].some((option) => option.value === value)) select.append(choice(value, value));
    select.value = value;
  });
  return field(name, label, select);
}

/** A control with its label; no label holds its control, whose choices would be part of its name. */
function field(name, label, control, kind) {
  control.id = `ask-${name}`;
  return el("div", { class: `field ${kind ?? ""}` }, el("label", { for: control.id }, label), control);
}

function choice(value, text) {
  const option = el("option", null, excerpt(printable(text), 70));
  // The value is compared with what the report says, and never shown.
  option.value = value;
  return option;
}

function bandToggles() {
  const buttons = BANDS.map((band) => el("button", {
    type: "button", class: `toggle ${band}`, "aria-pressed": "false",
    click: () => {
      const asked = bandsAsked();
      if (!asked.delete(band)) asked.add(band);
      ask({ band: BANDS.filter((one) => asked.has(one)).join(",") });
    },
  }, `${band} ${view.summary.findings[band] ?? 0}`));
  onState(() => buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(bandsAsked().has(BANDS[place])))));
  return el("fieldset", null, el("legend", null, "Bands"), buttons);
}

function searchField() {
  let waiting = 0;
  const input = el("input", {
    type: "search", placeholder: "name, id, address, event …", spellcheck: "false", autocomplete: "off",
    input: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask({ q: input.value.trim() }), 150);
    },
  });
  onState((changed) => { if (changed.has("q") && input.value.trim() !== (state.get("q") ?? "")) input.value = state.get("q") ?? ""; });
  return field("q", "Text", input, "search");
}

function drawFilters() {
  const places = everyPlace();
  const plain = (names) => [...new Set(names)].sort().map((name) => [name, name]);
  const clear = el("button", { type: "button", click: () => ask(Object.fromEntries(FILTERS.map((name) => [name, ""]))) }, "Clear filters");
  onState(() => { clear.disabled = filters().length === 0; });
  clear.disabled = true;
  const panel = byId("filters");
  panel.setAttribute("role", "search");
  panel.setAttribute("aria-label", "Filters");
  add(panel,
    el("div", { class: "line" }, bandToggles(), clear),
    el("div", { class: "line" }, searchField(),
      chooser("provider", "Provider", plain(places.map(([provider]) => provider))),
      chooser("account", "Account", plain(places.map(([, account]) => account))),
      chooser("rule", "Rule", offered((finding) => [finding.rule])),
      chooser("technique", "Technique", offered((finding) => finding.techniques).map(([id, text]) => [id, text.replace(id, techniques[id] ?? id)])),
      chooser("actor", "Actor", offered((finding) => glanceOf.get(finding).who)),
      chooser("status", "Status", [["open", "open"], ...offered((finding) => [finding.status])]),
      chooser("trace", "Trace", Object.entries(view.summary.traces).filter(([, count]) => count > 0).map(([name]) => [name, name]))));
  panel.hidden = false;
}
