// Where a disk comes from: the old disk, the new one, what they were made from, and the slot that they stood in.

const keyOf = (thing) => `${thing.provider}/${thing.kind}/${thing.id}`;
const nodes = new Map(view.lineage.nodes.map((node) => [keyOf(node.thing), node]));
const parents = groupedBy(view.lineage.edges, (edge) => keyOf(edge.child));
const children = groupedBy(view.lineage.edges, (edge) => keyOf(edge.parent));

function groupedBy(all, key) {
  const groups = new Map();
  for (const one of all) {
    const name = key(one);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return groups;
}

const DESCENT = {
  "from-snapshot": "made from", "from-volume": "cloned from", "from-image": "made from",
  "from-restore-point": "made from", "of-volume": "taken of", "copy-of": "copy of", "backed-by": "backed by",
  "captured-from": "captured from", "launched-from": "launched from",
};

/** How many things one drawing shows. */
const THINGS = 14;

const BOX = { width: 218, height: 84, gap: 64, row: 18 };

/** The volumes that stood in the slot that a finding is about, and what they descend from. */
function family(finding) {
  const { old_volume: before, new_volume: after, slot } = finding.facts;
  if (typeof before !== "string" || typeof after !== "string") return null;
  const provider = finding.resources[0]?.provider;
  const held = view.lineage.slots.filter((one) => one.slot === slot && one.volume.provider === provider
    && (one.volume.id === before || one.volume.id === after));
  const find = (id) => [...nodes.keys()].find((key) => key.startsWith(`${provider}/`) && key.endsWith(`/${id}`));
  const [old, young] = [find(before), find(after)];
  if (!young) return null;
  const members = new Set([old, young].filter((key) => key !== undefined));
  // A set that grows while it is walked: every ancestor is met once.
  for (const key of members) {
    // Where the old disk comes from is no part of the story, once the new one is known to descend from it.
    if (key === old && descends(young, old)) continue;
    for (const edge of parents.get(key) ?? []) {
      if (members.size < THINGS && nodes.has(keyOf(edge.parent))) members.add(keyOf(edge.parent));
    }
  }
  for (const edge of (old && children.get(old)) || []) {
    if (members.size < THINGS && nodes.has(keyOf(edge.child))) members.add(keyOf(edge.child));
  }
  const edges = view.lineage.edges.filter((edge) => members.has(keyOf(edge.child)) && members.has(keyOf(edge.parent)));
  return { old, young, members: [...members], edges, held, slot };
}

/** Whether a thing descends from another, by whatever steps. */
function descends(key, from) {
  const met = new Set([key]);
  for (const one of met) for (const edge of parents.get(one) ?? []) met.add(keyOf(edge.parent));
  return key !== from && met.has(from);
}

/** The column of each thing: one more than that of its latest ancestor. */
function columns(members, edges) {
  const column = new Map();
  const place = (key, above) => {
    if (column.has(key)) return column.get(key);
    if (above.has(key)) return 0;
    const of = edges.filter((edge) => keyOf(edge.child) === key).map((edge) => keyOf(edge.parent));
    const found = Math.max(0, ...of.map((parent) => place(parent, new Set([...above, key])) + 1));
    column.set(key, found);
    return found;
  };
  members.forEach((key) => place(key, new Set()));
  return column;
}

/** A moment as far as it is known. */
function about(at) {
  if (at.from === at.to) return moment(at.to);
  return at.from === null ? `before ${moment(at.to)}` : `${moment(at.from)} to ${moment(at.to)}`;
}

/** The same, where there is little room. */
const brief = (at) => (at.from === at.to ? moment(at.to) : `≤ ${moment(at.to)}`);

/** What is said of a thing: its part and kind, its name, its id, its times. */
function described(key, told) {
  const node = nodes.get(key);
  const part = key === told.old ? "old disk" : key === told.young ? "new disk" : node.foreign ? "somebody else's" : "";
  const times = node.content_at ? `contents of ${moment(node.content_at)}`
    : node.created_at ? `made ${moment(node.created_at)}` : "";
  const gone = node.gone ? `gone ${brief(node.gone)}` : "";
  const title = `${node.thing.kind}${part ? ` · ${part}` : ""}`;
  return { title, lines: [node.name && node.name !== node.thing.id ? node.name : "", node.thing.id, times, gone], node, times, gone };
}

function box(key, told, x, y) {
  const { title, lines, node, times, gone } = described(key, told);
  return svg("g", { class: `${key === told.young ? "now" : ""} ${node.gone ? "went" : ""}` },
    svg("title", null, [title, ...lines].filter((line) => line !== "").join(", ")),
    svg("rect", { x, y, width: BOX.width, height: BOX.height, rx: 7 }),
    svg("text", { x: x + 10, y: y + 16, class: "strong" }, excerpt(title, 34)),
    lines.filter((line) => line !== "").map((line, place) =>
      svg("text", { x: x + 10, y: y + 31 + place * 14, class: line === times || line === gone ? "soft" : "" }, excerpt(printable(line), 36))));
}

/** The things in words, for who cannot see the drawing. */
function inWords(told) {
  const steps = told.edges.map((edge) =>
    `${edge.child.kind} ${edge.child.id} ${DESCENT[edge.descent] ?? edge.descent} ${edge.parent.kind} ${edge.parent.id}`);
  const stood = told.held.map((one) =>
    `${one.volume.id} in slot ${one.slot} since ${about(one.attached)}${one.detached ? ` until ${about(one.detached)}` : ""}`);
  return [...steps, ...stood].join("; ");
}

/** Draws what descends from what, the ancestors on the left, the slot on the right. */
function ancestry(finding) {
  const told = family(finding);
  if (!told) return null;
  const column = columns(told.members, told.edges);
  const last = Math.max(...column.values()) + (told.held.length > 0 ? 1 : 0);
  const rows = new Map();
  const at = new Map();
  const rank = (key) => (key === told.old || key === told.young ? 0 : 1);
  for (const key of [...told.members].sort((a, b) => rank(a) - rank(b))) {
    const place = column.get(key);
    const row = rows.get(place) ?? 0;
    rows.set(place, row + 1);
    at.set(key, { x: 2 + place * (BOX.width + BOX.gap), y: 2 + row * (BOX.height + BOX.row) });
  }
  const width = 4 + last * (BOX.width + BOX.gap) + BOX.width;
  const high = Math.max(...rows.values()) * (BOX.height + BOX.row);
  const detour = told.held.some((one) => column.get(keyOf(one.volume)) < last - 1);
  const height = high + (detour ? 34 : 4);
  const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Ancestry: ${inWords(told)}` },
    svg("defs", null, svg("marker", { id: `tip-${finding.id}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      svg("path", { d: "M0 0 8 4 0 8z", class: "tip" }))),
    told.edges.map((edge) => step(edge, at, finding)),
    occupancy(told, at, { x: 2 + last * (BOX.width + BOX.gap), y: 2, high }, finding),
    told.members.map((key) => box(key, told, at.get(key).x, at.get(key).y)));
  return [el("h3", null, "Where the disk comes from"),
    el("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "Ancestry of the disk" }, drawing)];
}

function step(edge, at, finding) {
  const [from, to] = [at.get(keyOf(edge.parent)), at.get(keyOf(edge.child))];
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const middle = x2 - BOX.gap / 2;
  return svg("g", null,
    svg("path", { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, "marker-end": `url(#tip-${finding.id})` }),
    svg("text", { x: middle, y: y2 - 7, class: "soft", "text-anchor": "middle" }, DESCENT[edge.descent] ?? edge.descent));
}

/** Draws the slot, and which volume stood in it when. */
function occupancy(told, at, corner, finding) {
  if (told.held.length === 0) return null;
  const { instance, slot } = told.held[0];
  const name = nodes.get(keyOf(instance))?.name;
  const lines = told.held.filter((one) => at.has(keyOf(one.volume)));
  const { x, y, high } = corner;
  return svg("g", null,
    lines.map((one) => {
      const from = at.get(keyOf(one.volume));
      const now = keyOf(one.volume) === told.young;
      const next = from.x + BOX.width + BOX.gap === x;
      const path = next
        ? `M${from.x + BOX.width} ${from.y + BOX.height / 2}C${x - 46} ${from.y + BOX.height / 2} ${x - 46} ${y + BOX.height / 2} ${x} ${y + BOX.height / 2}`
        : `M${from.x + 20} ${from.y + BOX.height}V${high + 14}H${x + BOX.width / 2}V${y + BOX.height}`;
      const text = one.detached ? `stood here until ${about(one.detached)}` : `stands here since ${about(one.attached)}`;
      return svg("g", null, svg("path", { d: path, class: now ? "loop" : "", "marker-end": `url(#tip-${finding.id})` }),
        svg("title", null, text),
        next ? svg("text", { x: x - BOX.gap / 2, y: y + BOX.height / 2 - 7, class: "soft", "text-anchor": "middle" }, one.detached ? "until" : "now in")
          : svg("text", { x: x - 8, y: high + 28, class: "soft", "text-anchor": "end" }, text));
    }),
    svg("rect", { x, y, width: BOX.width, height: BOX.height, rx: 7 }),
    svg("text", { x: x + 10, y: y + 16, class: "strong" }, excerpt(`slot ${printable(slot)}`, 34)),
    svg("text", { x: x + 10, y: y + 31 }, excerpt(printable(`of ${name ?? instance.id}`), 36)),
    lines.filter((one) => keyOf(one.volume) === told.young).slice(0, 1).map((one) =>
      svg("text", { x: x + 10, y: y + 45, class: "soft" }, excerpt(`new since ${brief(one.attached)}`, 38))),
    lines.filter((one) => keyOf(one.volume) === told.old && one.detached).slice(0, 1).map((one) =>
      svg("text", { x: x + 10, y: y + 59, class: "soft" }, excerpt(`old until ${brief(one.detached)}`, 38))));
}
