// The report that the page carries, what it cites by id, and the phrases that the page makes of it.

const { view, glances, techniques, decisions, scans, blind } = JSON.parse(byId("report").textContent);

const BANDS = ["critical", "high", "medium", "low", "info"];

const index = (all) => new Map(all.map((one) => [one.id, one]));
const changes = index(view.changes);
const residues = index(view.residues);
const events = index(view.events);
const findings = index(view.findings);
const glanceOf = new Map(view.findings.map((finding, place) => [finding, glances[place]]));

/** What a list of ids names, without what is not there. */
const named = (ids, known) => ids.map((id) => known.get(id)).filter((one) => one !== undefined);

/** A moment to the second, in UTC. */
function moment(time) {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
}

function instant(milliseconds) {
  return moment(new Date(milliseconds).toISOString());
}

/** A length of time in its two largest units. */
function duration(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const parts = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of units) {
    if (rest >= size && parts.length < 2) {
      parts.push(`${Math.floor(rest / size)} ${unit}`);
      rest %= size;
    } else if (parts.length > 0) break;
  }
  return parts.join(" ") || "0 s";
}

function valueText(value) {
  if (value === null || value === undefined) return "(absent)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function who(actor) {
  if (!actor) return "";
  return `${actor.label || actor.name || actor.key}${actor.external ? ", external" : ""}`;
}

function resourceName(resource) {
  const { kind, name, uid } = resource;
  return name && name !== uid ? `${kind} ${name} (${uid})` : `${kind} ${uid}`;
}

const placeOf = (one) => `${one.provider} ${one.account} ${one.location}`;
const scopeText = (scope) => `${scope.provider}/${scope.account}/${scope.location}/${scope.kind}`;
const subjectOf = (change) => change.resource ? resourceName(change.resource) : scopeText(change.scope);

/** The findings that cite a change, residue or event, by its id. */
const citedBy = new Map();
for (const finding of view.findings) {
  const of = [...finding.changes, ...finding.residues, ...finding.events];
  const told = named(finding.changes, changes).flatMap((change) => change.trace.events)
    .concat(named(finding.residues, residues).flatMap((residue) => residue.events));
  for (const id of new Set([...of, ...told])) {
    if (!citedBy.has(id)) citedBy.set(id, []);
    citedBy.get(id).push(finding);
  }
}
