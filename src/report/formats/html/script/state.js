// What is asked for: filters, the finding that is looked at, the span of the time line. It stands in the address
// behind `#`, so that a link leads to the same page again.

const NAMES = ["band", "provider", "account", "rule", "technique", "actor", "status", "trace", "q", "finding", "span"];

/** The words by name; absent where nothing is asked. */
const state = new Map();
const listeners = [];

/** Calls back with the names that changed, whenever something else is asked for. */
function onState(listener) {
  listeners.push(listener);
}

/** Reads the address; one that only names a section leaves the state as it is. */
function readAddress() {
  if (location.hash !== "" && !location.hash.includes("=")) return;
  const asked = new URLSearchParams(location.hash.slice(1));
  ask(Object.fromEntries(NAMES.map((name) => [name, asked.get(name) ?? ""])));
}

/** Changes the state and the address, and tells everybody; an empty word asks for nothing. */
function ask(words) {
  const changed = Object.keys(words).filter((name) => (state.get(name) ?? "") !== words[name]);
  if (changed.length === 0) return;
  for (const name of changed) {
    if (words[name] === "") state.delete(name);
    else state.set(name, words[name]);
  }
  const wanted = address({});
  if (location.hash !== wanted) history.replaceState(null, "", wanted === "" ? "#" : wanted);
  for (const listener of listeners) listener(new Set(changed));
}

/** The address of the state with some words changed. */
function address(words) {
  const all = new URLSearchParams();
  for (const name of NAMES) {
    const word = words[name] ?? state.get(name) ?? "";
    if (word !== "") all.set(name, word);
  }
  const text = all.toString();
  return text === "" ? "" : `#${text}`;
}

const FILTERS = NAMES.filter((name) => name !== "finding" && name !== "span");
const filters = () => FILTERS.filter((name) => state.has(name));
const bandsAsked = () => new Set((state.get("band") ?? "").split(",").filter((band) => band !== ""));

const texts = new Map();

/** Everything of a record that free text is looked for in. */
function searchable(record) {
  let text = texts.get(record);
  if (text === undefined) {
    const glance = glanceOf.get(record);
    const names = (record.techniques ?? []).map((id) => techniques[id]);
    const parts = glance ? { ...record, glance, names } : record;
    const words = [];
    const gather = (value) => {
      if (value !== null && typeof value === "object") Object.values(value).forEach(gather);
      else if (value !== null && value !== undefined) words.push(value);
    };
    gather(parts);
    text = printable(words.join(" ")).toLowerCase();
    texts.set(record, text);
  }
  return text;
}

const inPlace = (places) => {
  const [provider, account] = [state.get("provider"), state.get("account")];
  return places.some((place) => (!provider || place.startsWith(`${provider} `)) && (!account || place.includes(` ${account} `)));
};

const inText = (record) => {
  const words = printable(state.get("q") ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  return words.every((word) => searchable(record).includes(word));
};

/** What is known of records under the filters of the moment. */
const answers = new Map();
onState((changed) => { if (FILTERS.some((name) => changed.has(name))) answers.clear(); });

function answer(record, decide) {
  let found = answers.get(record);
  if (found === undefined) {
    found = decide();
    answers.set(record, found);
  }
  return found;
}

/** Whether a finding is asked for. */
const wants = (finding) => answer(finding, () => fits(finding));

function fits(finding) {
  const glance = glanceOf.get(finding);
  const is = (name, value) => !state.has(name) || state.get(name) === value;
  const bands = bandsAsked();
  return (bands.size === 0 || bands.has(finding.band))
    && (!state.has("rule") || finding.rule === state.get("rule") || finding.also.includes(state.get("rule")))
    && (is("status", finding.status) || (state.get("status") === "open" && isOpen(finding)))
    && (!state.has("technique") || finding.techniques.includes(state.get("technique")))
    && (!state.has("actor") || glance.who.includes(state.get("actor")))
    && (!state.has("trace") || named(finding.changes, changes).some((change) => change.trace.state === state.get("trace")))
    && inPlace(glance.places.length > 0 ? glance.places : [""])
    && inText(finding);
}

const isOpen = (finding) => finding.status !== "resolved" && finding.status !== "accepted";

/** Whether a change, residue or event is asked for; words that only findings bear ask for what these cite. */
function wantsRecord(record, places, actor) {
  return filters().length === 0 || answer(record, () => recordFits(record, places, actor));
}

function recordFits(record, places, actor) {
  const ofFindings = ["band", "rule", "technique", "status"].some((name) => state.has(name));
  if (ofFindings && !(citedBy.get(record.id) ?? []).some(wants)) return false;
  if (state.has("actor") && actor !== state.get("actor")) return false;
  if (state.has("trace") && record.trace?.state !== state.get("trace")) return false;
  return inPlace(places) && (ofFindings || inText(record));
}

const wantsChange = (change) => wantsRecord(change, [placeOf(change.resource ?? change.scope)], who(change.trace.actor));
const wantsResidue = (residue) => wantsRecord(residue, residue.resource ? [placeOf(residue.resource)] : [""], who(residue.actor));
const wantsEvent = (event) => wantsRecord(event, [placeOf(event)], who(event.actor));
