// What shows a finding: why, facts, changes with their values before and after, events.

/** The parts of two texts that differ, marked. */
function marked(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const least = Math.min(before.length, after.length) - start;
  while (end < least && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  // Words are marked whole.
  const within = /[^\s,;:/"'[\]{}()=.-]/;
  while (start > 0 && within.test(before[start - 1])) start -= 1;
  while (end > 0 && within.test(before[before.length - end])) end -= 1;
  const cut = (text, tag) => {
    const middle = text.slice(start, text.length - end);
    return [long(text.slice(0, start), 80), middle === "" ? "" : el(tag, null, long(middle)), long(text.slice(text.length - end), 80)];
  };
  return [cut(before, "del"), cut(after, "ins")];
}

function difference(attribute) {
  const [before, after] = [valueText(attribute.before), valueText(attribute.after)];
  if (attribute.before === null) return [el("span", { class: "faint" }, before), el("ins", null, long(after))];
  if (attribute.after === null) return [el("del", null, long(before)), el("span", { class: "faint" }, after)];
  return marked(before, after);
}

/** The values of a change before and after. */
function diffTable(change) {
  if (change.attributes.length === 0) return null;
  const rows = change.attributes.map((attribute) => [long(attribute.path, 120), ...difference(attribute)]);
  return wide(excerpt(`What differs of ${subjectOf(change)}`, 200), table(["Attribute", "Before", "After"], rows, "diff"));
}

function eventRow(event, part) {
  const ended = event.failure ? `${event.outcome}: ${event.failure}` : event.outcome;
  return [
    el("td", { class: "time" }, moment(event.time)),
    [part ? [el("span", { class: "faint" }, part), " "] : "", el("b", null, event.operation), " ", el("span", { class: "faint" }, event.class)],
    long(ended, 160),
    long(who(event.actor), 160),
    [event.client?.ip ?? "", event.client?.user_agent ? el("div", { class: "faint" }, long(event.client.user_agent, 48)) : ""],
    el("td", null, el("code", null, event.id)),
  ];
}

const EVENT_COLUMNS = ["Time", "Operation", "Outcome", "Who", "From", "Event"];

/** Events with the part that they play. */
function eventTable(label, told) {
  if (told.length === 0) return null;
  return wide(label, table(EVENT_COLUMNS, told.map(([event, part]) => eventRow(event, part)), "events"));
}

function traceText(trace) {
  const actor = who(trace.actor);
  const approval = trace.approval;
  const approved = approval ? ["; ", approval.full ? "approved as" : "bears the identifier", " ", long(`${approval.id}: ${approval.reason}`)] : "";
  return [el("b", null, trace.state), actor ? [" by ", long(actor, 160)] : "", ": ", prose(trace.reason), approved];
}

/** One change whole: what, when, how it is traced, what differs, which events say so. */
function changeBlock(change) {
  const { trace } = change;
  const parts = [
    ...named(trace.events, events).map((event) => [event, ""]),
    ...(trace.caused_by ? named([trace.caused_by], events).map((event) => [event, "set up by"]) : []),
    ...named(trace.candidates, events).map((event) => [event, "candidate"]),
  ];
  const { from, to } = change.window;
  return el("div", { class: "change" },
    el("h4", null, `${change.kind} `, long(subjectOf(change), 160)),
    el("p", { class: "faint" }, `between ${moment(from)} and ${moment(to)}`),
    el("p", null, traceText(trace)),
    diffTable(change),
    eventTable(excerpt(`Events of ${subjectOf(change)}`, 200), parts));
}

/** How many of a long list are drawn before the reader asks for the rest. */
const FIRST = 12;

/** Some of many blocks, and a button that shows the rest. */
function some(items, draw, noun) {
  const rest = items.slice(FIRST);
  const shown = items.slice(0, FIRST).map(draw);
  if (rest.length === 0) return shown;
  const button = el("button", { type: "button", class: "more", click: () => button.replaceWith(...rest.map(draw)) },
    `Show ${plural(rest.length, noun)} more`);
  return [...shown, button];
}

function factValue(name, value) {
  if (name.endsWith("_seconds") && typeof value === "number") return `${duration(value)} (${value.toLocaleString("en")} s)`;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return some(value, (one) => el("div", null, long(one)), "line");
  return long(valueText(value));
}

/** The acts of a chain, in order. */
function stepsOf(finding) {
  const { steps } = finding.facts;
  if (!Array.isArray(steps) || !steps.every((step) => step && typeof step.what === "string")) return null;
  const rows = steps.map((step) => [
    el("td", { class: "time" }, step.at ? moment(step.at) : ""), el("b", null, step.what), step.by ?? "", [step.on ?? []].flat().join(", ")]);
  return [el("h3", null, "Steps"), wide("Steps", table(["Time", "What", "Who", "On"], rows))];
}

function factsOf(finding) {
  const facts = Object.entries(finding.facts).filter(([name, value]) => value !== null && !(name === "steps" && stepsOf(finding)));
  if (facts.length === 0) return null;
  const list = el("dl", null, facts.map(([name, value]) => [el("dt", null, name.replaceAll("_", " ")), el("dd", null, factValue(name, value))]));
  return el("details", { class: "inline facts" }, el("summary", null, `All facts (${facts.length})`), list);
}

/** Everything that shows a finding. */
function evidence(finding) {
  const about = [...finding.resources.map((one) => `${resourceName(one)} in ${placeOf(one)}`), ...finding.scopes.map(scopeText)];
  const rows = [
    ["Title", finding.title.length > TITLE ? [long(finding.title)] : []],
    ["Decision", decisions[finding.id] ? [decisions[finding.id]] : []],
    ["Why", finding.why.map((step) => [el("span", { class: "points" }, step.points < 0 ? step.points : `+${step.points}`), long(step.reason)])],
    ["About", about],
    ["ATT&CK", finding.techniques.map((id) => techniques[id] ?? id)],
    ["Also told by", finding.also.length > 0 ? [finding.also.join(" · ")] : []],
    ["Risk", [`${finding.risk} in this context, impact ${finding.impact}`]],
    ["First reported", finding.since ? [moment(finding.since)] : []],
  ];
  const list = el("dl", null, rows.filter(([, values]) => values.length > 0).map(([label, values]) =>
    [el("dt", null, label), el("dd", null, some(values, (value) => el("div", null, typeof value === "string" ? long(value) : value), "line"))]));
  const cited = named(finding.changes, changes);
  const told = named(finding.residues, residues);
  const covered = new Set(cited.flatMap((change) => change.trace.events));
  const others = named(finding.events, events).filter((event) => !covered.has(event.id));
  const main = finding.resources[0];
  return [
    list,
    ancestry(finding),
    stepsOf(finding),
    cited.length > 0 ? [el("h3", null, "What changed"), some(cited, changeBlock, "change")] : null,
    told.length > 0 ? [el("h3", null, "Only in the logs"), some(told, residueBlock, "residue")] : null,
    others.length > 0 ? [el("h3", null, cited.length > 0 ? "Further events" : "Events"), eventTable("Events", others.map((event) => [event, ""]))] : null,
    factsOf(finding),
    el("p", { class: "links" },
      el("a", { href: `#finding=${encodeURIComponent(finding.id)}` }, "Link to this finding"),
      main ? el("code", null, `driftline history ${shellWord(main.uid)}`) : null,
      el("code", null, `driftline rules explain ${shellWord(finding.rule)}`)),
  ];
}

function residueBlock(residue) {
  const { from, to } = residue.window;
  return el("div", { class: "change" },
    el("h4", null, `${residue.kind} `, residue.resource ? long(resourceName(residue.resource), 160) : ""),
    el("p", { class: "faint" }, from === to ? moment(from) : `between ${moment(from)} and ${moment(to)}`),
    el("p", null, prose(residue.reason)),
    eventTable("Events", named(residue.events, events).map((event) => [event, ""])));
}

/** Text as one word of a POSIX shell, so that a hostile id cannot be pasted as a command. */
function shellWord(text) {
  return /^[A-Za-z0-9._\-:/@]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
