// The tables of changes, of what only the logs tell, and of events.

/** Fills a section with a table that follows the filters. */
function tableOf(id, all, wanted, columns, row, noun, kind) {
  const host = byId(id).querySelector(".filled");
  if (all.length === 0) {
    add(host, el("p", null, "None."));
    return;
  }
  const [said, frame, pager] = [el("p", { class: "faint", role: "status" }), el("div"), el("div")];
  add(host, said, frame, pager);
  const pages = new Pages(pager, (some) => frame.replaceChildren(wide(byId(`${id}-title`).textContent, table(columns, some.map(row), kind))));
  const fill = () => {
    const fitting = filters().length === 0 ? all : all.filter(wanted);
    pages.fill(fitting);
    said.textContent = fitting.length === all.length ? `${plural(all.length, noun)}.` : `${fitting.length.toLocaleString("en")} of ${plural(all.length, noun)} fit the filters.`;
  };
  fill();
  onState((changed) => { if (FILTERS.some((name) => changed.has(name))) fill(); });
}

const findingLinks = (id) => some(citedBy.get(id) ?? [], (finding) => el("div", null,
  el("a", { href: address({ finding: finding.id }), title: excerpt(finding.title, TITLE) }, `${finding.band} ${finding.risk} ${finding.rule}`)), "finding");

function changeRow(change) {
  const differs = change.attributes.length === 0 ? "" : el("details", { class: "inline", toggle: function toggle() {
    if (this.open && this.childElementCount === 1) add(this, diffTable(change));
  } }, el("summary", null, plural(change.attributes.length, "attribute")));
  return [
    el("b", null, change.kind),
    [el("div", null, long(subjectOf(change), 160)), el("div", { class: "faint" }, placeOf(change.resource ?? change.scope))],
    [traceText(change.trace), differs],
    findingLinks(change.id),
  ];
}

function drawTables() {
  tableOf("changes", view.changes, wantsChange, ["Change", "Resource", "Trace and what differs", "Findings"], changeRow, "change", "changes");
  tableOf("residues", view.residues, wantsResidue, ["Kind", "Resource", "When", "Who", "Why", "Findings"], (residue) => [
    el("b", null, residue.kind), residue.resource ? [long(resourceName(residue.resource), 160), el("div", { class: "faint" }, placeOf(residue.resource))] : "",
    el("td", { class: "time" }, moment(residue.window.from)), long(who(residue.actor), 160), prose(residue.reason), findingLinks(residue.id)], "residue");
  tableOf("events", view.events, wantsEvent, [...EVENT_COLUMNS, "Findings"], (event) => [...eventRow(event, ""), findingLinks(event.id)], "event", "events linked");
}
