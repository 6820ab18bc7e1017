// When everything happened, place by place: changes, events, scans, gaps of the logs, times in which nobody could
// look, hours that were lost.

const ms = (time) => Date.parse(time);

/** How many places are drawn. */
const LANES = 40;

const LANE = { height: 60, blind: 17, change: 20, act: 29, event: 38, log: 51 };

/** What one place holds. */
function lanesOf() {
  const lanes = new Map();
  const lane = (one) => {
    const place = placeOf(one);
    if (!lanes.has(place)) lanes.set(place, { place, provider: one.provider, account: one.account, location: one.location, changes: [], events: [], logs: [], blind: [] });
    return lanes.get(place);
  };
  for (const change of view.changes) lane(change.resource ?? change.scope).changes.push(change);
  for (const event of view.events) if (event.account) lane(event).events.push(event);
  for (const log of view.log_coverage) {
    const of = [...lanes.values()].filter((one) => one.provider === log.provider && one.account === log.account
      && (log.location === "*" || log.location === one.location));
    for (const one of of.length > 0 ? of : [lane(log)]) one.logs.push(log);
  }
  for (const time of blind) lane(time).blind.push(time);
  const busy = (one) => one.changes.length + one.events.length;
  const all = [...lanes.values()].sort((a, b) => (a.place < b.place ? -1 : 1));
  if (all.length <= LANES) return { lanes: all, more: 0 };
  const kept = new Set([...all].sort((a, b) => busy(b) - busy(a)).slice(0, LANES));
  return { lanes: all.filter((one) => kept.has(one)), more: all.length - LANES };
}

/** The hours that reverts lost, one for each thing that was put back. */
function lostWindows() {
  const lost = new Map();
  for (const finding of view.findings) {
    const { lost_seconds: seconds, reverted_at: at } = finding.facts;
    if (typeof seconds !== "number" || typeof at !== "string" || seconds <= 0) continue;
    const resource = finding.resources[0];
    const key = `${resource?.uid} ${at}`;
    if (!lost.has(key)) lost.set(key, { from: ms(at) - seconds * 1000, to: ms(at), seconds, resource, findings: [finding] });
    else lost.get(key).findings.push(finding);
  }
  return [...lost.values()].slice(0, 16);
}

/** When a change happened: when its events did, else somewhere between the scans. */
function timed(change) {
  const told = named(change.trace.events, events).map((event) => ms(event.time));
  return told.length > 0 ? { known: true, from: Math.min(...told), to: Math.max(...told) }
    : { known: false, from: ms(change.window.from), to: ms(change.window.to) };
}

class Timeline {
  constructor(host) {
    Object.assign(this, lanesOf());
    this.lost = lostWindows();
    this.times = new Map(view.changes.map((change) => [change, timed(change)]));
    this.scans = scans.map((scan) => ({ time: ms(scan.taken_at), label: `scan ${scan.id}` }));
    const near = [...this.scans.map((scan) => scan.time), ...view.events.map((event) => ms(event.time)),
      ...[...this.times.values()].flatMap((time) => [time.from, time.to])];
    const far = [...near, ...this.lost.flatMap((one) => [one.from, one.to])];
    this.near = padded(near);
    this.whole = padded(far);
    this.marks = [];
    this.picked = -1;
    this.build(host);
  }

  build(host) {
    this.drawing = svg("svg", {
      tabindex: "0", role: "application", "aria-label": "Time line", "aria-roledescription": "time line", "aria-describedby": "timeline-keys",
      keydown: (event) => this.press(event), mousemove: (event) => this.point(event), click: (event) => this.enter(event),
      pointerdown: (event) => this.grab(event), wheel: (event) => this.wheel(event),
    });
    this.readout = el("div", { class: "readout", role: "status" }, "Point at a mark, or press n and p to go from mark to mark.");
    const button = (text, label, click) => el("button", { type: "button", "aria-label": label, click }, text);
    add(host,
      el("div", { class: "bar" },
        button("+", "Zoom in", () => this.zoom(0.5)), button("−", "Zoom out", () => this.zoom(2)),
        button("←", "Earlier", () => this.pan(-0.25)), button("→", "Later", () => this.pan(0.25)),
        button("Between the scans", null, () => this.look(this.near)),
        button("With all lost hours", null, () => this.look(this.whole)),
        el("span", { class: "faint", id: "timeline-keys" }, "Keys: + and − zoom, arrows move, n and p go from mark to mark, Enter opens the finding.")),
      el("div", { class: "chart" }, this.drawing, this.readout),
      legendOf());
    if (this.more > 0) add(host, el("p", { class: "faint" }, `And ${plural(this.more, "place")} more, with fewer changes and events.`));
    new ResizeObserver(() => { if (this.drawing.parentElement.clientWidth !== this.scale?.width) this.draw(); }).observe(host);
    onState(() => this.draw());
  }

  /** The span that is looked at: what the address says, else the time between the scans. */
  span() {
    const [from, to] = (state.get("span") ?? "").split("/").map(ms);
    return from < to ? [from, to] : this.near;
  }

  look([from, to]) {
    const whole = [from, to].every((time, place) => time === this.near[place]);
    const iso = (time) => new Date(Math.round(time / 1000) * 1000).toISOString().replace(".000Z", "Z");
    ask({ span: whole ? "" : `${iso(from)}/${iso(to)}` });
  }

  zoom(factor, at) {
    const [from, to] = this.span();
    const middle = at ?? (from + to) / 2;
    const wide = Math.max((to - from) * factor, 10e3);
    if (wide > 100 * 31536e6) return;
    const start = middle - ((middle - from) / (to - from)) * wide;
    this.look([start, start + wide]);
  }

  pan(part) {
    const [from, to] = this.span();
    const by = (to - from) * part;
    this.look([from + by, to + by]);
  }

  press(event) {
    const does = {
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), ArrowLeft: () => this.pan(-0.25),
      ArrowRight: () => this.pan(0.25), Home: () => this.look(this.near), n: () => this.go(1), p: () => this.go(-1), Enter: () => this.open(),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.scale.time(event.clientX - this.drawing.getBoundingClientRect().left));
  }

  grab(event) {
    let x = event.clientX;
    const move = (next) => {
      if (Math.abs(next.clientX - x) < 4) return;
      this.pan((x - next.clientX) / this.scale.width);
      x = next.clientX;
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  }

  /** The mark under the pointer, or the nearest one beside it. */
  nearest(event) {
    const box = this.drawing.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const away = (mark) => Math.max(mark.x - x, x - mark.x - mark.width, 0) + 3 * Math.max(mark.y - y, y - mark.y - mark.height, 0);
    let best = -1;
    this.marks.forEach((mark, place) => { if (away(mark) < 9 && (best < 0 || rank(mark) < rank(this.marks[best]))) best = place; });
    function rank(mark) { return away(mark) + mark.width / 1000; }
    return best;
  }

  point(event) {
    const found = this.nearest(event);
    if (found >= 0 && found !== this.picked) this.pick(found);
  }

  go(by) {
    if (this.marks.length > 0) this.pick((this.picked + by + this.marks.length + (this.picked < 0 && by < 0 ? 1 : 0)) % this.marks.length);
  }

  pick(place) {
    this.marks[this.picked]?.element.classList.remove("picked");
    this.picked = place;
    const mark = this.marks[place];
    mark.element.classList.add("picked");
    const { title, lines, cited } = mark.tell();
    this.readout.replaceChildren();
    add(this.readout, el("b", null, excerpt(title, TITLE)), lines.map((line) => el("div", null, line)),
      cited.length > 0 ? el("div", null, "Finding: ", cited.slice(0, 3).map((finding, n) => [n > 0 ? " · " : "",
        el("a", { href: address({ finding: finding.id }) }, `${finding.band} ${finding.risk} ${excerpt(finding.title, TITLE)}`)]),
      cited.length > 3 ? ` and ${cited.length - 3} more` : "") : null);
  }

  enter(event) {
    const found = this.nearest(event);
    if (found >= 0) this.pick(found);
  }

  open() {
    const cited = this.marks[this.picked]?.tell().cited ?? [];
    if (cited.length > 0) ask({ finding: cited[0].id });
  }

  draw() {
    const width = Math.floor(this.drawing.parentElement.clientWidth);
    if (width === 0) return;
    const [from, to] = this.span();
    this.scale = new Scale(from, to, width);
    const top = 26;
    const lost = this.lost.filter((one) => one.findings.some(wants));
    const lanes = top + (lost.length > 0 ? 22 + lost.length * 20 : 0);
    const height = lanes + this.lanes.length * LANE.height + 4;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) this.drawing.setAttribute(name, String(value));
    this.marks = [];
    this.picked = -1;
    const parts = [hatch(), ...this.grid(height)];
    if (lost.length > 0) parts.push(svg("text", { x: 8, y: top + 14, class: "soft" }, "Hours that were lost"), ...lost.map((one, row) => this.loss(one, top + 22 + row * 20)));
    this.lanes.forEach((lane, row) => parts.push(...this.lane(lane, lanes + row * LANE.height)));
    parts.push(...this.scanLines(height));
    this.drawing.replaceChildren(...parts.flat(Infinity).filter(Boolean));
    this.marks.sort((a, b) => a.x - b.x || a.y - b.y);
  }

  grid(height) {
    return this.scale.ticks().map(({ time, label }) => {
      const x = this.scale.x(time);
      return [svg("line", { class: "rule", x1: x, x2: x, y1: 20, y2: height }), svg("text", { class: "soft", x: x + 3, y: 14 }, label)];
    });
  }

  scanLines(height) {
    return this.scans.map(({ time, label }) => {
      const x = this.scale.x(time);
      if (x < 0 || x > this.scale.width) return null;
      const after = x > this.scale.width - 60;
      return [svg("line", { class: "scan", x1: x, x2: x, y1: 0, y2: height }), svg("text", { x: x + (after ? -4 : 4), y: height - 3, "text-anchor": after ? "end" : "start" }, label)];
    });
  }

  /** Puts a bar in place, if any of it is in sight, and remembers what it tells. */
  mark(kind, from, to, y, height, fits, tell, least = 3) {
    const [left, right] = [Math.max(this.scale.x(from), -4), Math.min(this.scale.x(to), this.scale.width + 4)];
    if (right < 0 || left > this.scale.width || right < left) return null;
    const width = Math.max(right - left, least);
    const dimmed = fits ? "" : " outside";
    const element = kind === "failed"
      ? svg("path", { class: `failed${dimmed}`, d: `M${left - 3} ${y + 1}l6 8m0 -8l-6 8` })
      : svg("rect", { class: kind + dimmed, x: left, y, width, height, rx: Math.min(height / 3, 2) });
    this.marks.push({ element, x: left, y, width, height, tell });
    return element;
  }

  loss(one, y) {
    const name = one.resource ? resourceName(one.resource) : "";
    const tell = () => ({
      title: `${name}: ${duration(one.seconds)} lost`, cited: one.findings,
      lines: [`put back to ${instant(one.from)} at ${instant(one.to)}`],
    });
    const bar = this.mark("lost", one.from, one.to, y, 14, true, tell);
    if (!bar) return null;
    const text = excerpt(printable(`${one.resource?.name ?? one.resource?.uid ?? ""}, ${duration(one.seconds)}${this.scale.x(one.from) < 0 ? ", begins earlier" : ""}`), 60);
    const [left, width] = ["x", "width"].map((name) => Number(bar.getAttribute(name)));
    const room = text.length * 6.3 + 12;
    const [x, anchor] = width > room ? [Math.min(left + width, this.scale.width) - 6, "end"]
      : left + width + room < this.scale.width ? [left + width + 6, "start"] : [left - 6, "end"];
    return [bar, svg("text", { x, y: y + 11, "text-anchor": anchor }, text)];
  }

  lane(lane, y) {
    return [
      svg("rect", { class: "lane", x: 0, y: y + 2, width: this.scale.width, height: LANE.height - 4 }),
      svg("text", { x: 8, y: y + 14, class: "soft" }, excerpt(printable(lane.place), 70)),
      lane.blind.map((time) => this.mark("blind", ms(time.from), ms(time.to), y + LANE.blind, LANE.height - LANE.blind - 4, true, () => ({
        title: `not seen: ${time.status}`, cited: [],
        lines: [`between ${moment(time.from)} and ${moment(time.to)}`, time.reason ? prose(time.reason) : ""],
      }))),
      lane.logs.map((log) => this.mark({ complete: "logged", unknown: "maybe" }[log.status] ?? "unlogged", ms(log.from), ms(log.to),
        y + LANE.log, log.status === "complete" ? 3 : 6, true, () => ({
          title: `${log.source}: ${log.status}`, cited: [],
          lines: [`${placeOf(log)}, ${moment(log.from)} to ${moment(log.to)}`, prose(log.reason)],
        }))),
      this.changes(lane, y),
      this.events(lane, y),
    ];
  }

  /** Changes at their time; those of which only the scans tell the time, as one bar for each window. */
  changes(lane, y) {
    const bins = new Map();
    for (const change of lane.changes) {
      const { known, from, to } = this.times.get(change);
      const key = known ? `${Math.round(this.scale.x(from) / 4)} ${Math.round(this.scale.x(to) / 4)}` : `window ${from} ${to}`;
      if (!bins.has(key)) bins.set(key, { known, from, to, all: [] });
      const bin = bins.get(key);
      [bin.from, bin.to] = [Math.min(bin.from, from), Math.max(bin.to, to)];
      bin.all.push(change);
    }
    return [...bins.values()].sort((a, b) => a.known - b.known).map(({ known, from, to, all }) =>
      this.mark(known ? "change" : "window", from, to, y + (known ? LANE.act : LANE.change), known ? 6 : 7, all.some(wantsChange), () => ({
        title: all.length === 1 ? `${all[0].kind} ${subjectOf(all[0])}` : plural(all.length, "change"),
        lines: [from === to ? instant(from) : `${known ? "" : "at some time "}between ${instant(from)} and ${instant(to)}`,
          ...(all.length === 1 ? [[`${all[0].trace.state}: `, prose(all[0].trace.reason)]] : all.slice(0, 4).map((change) => `${change.kind} ${excerpt(subjectOf(change), TITLE)}`)),
          ...(all.length > 4 ? [`and ${all.length - 4} more`] : [])],
        cited: findingsOf(all),
      })));
  }

  events(lane, y) {
    const bins = new Map();
    for (const event of lane.events) {
      const key = `${event.outcome === "success"} ${Math.round(this.scale.x(ms(event.time)) / 3)}`;
      if (!bins.has(key)) bins.set(key, []);
      bins.get(key).push(event);
    }
    return [...bins.values()].map((all) => {
      const [first, last] = [ms(all[0].time), ms(all.at(-1).time)];
      const ok = all[0].outcome === "success";
      return this.mark(ok ? "event" : "failed", first, ok ? last : first, y + LANE.event, 10, all.some(wantsEvent), () => ({
        title: all.length === 1 ? `${all[0].operation} ${all[0].outcome}` : `${plural(all.length, "event")}${ok ? "" : ", none succeeded"}`,
        lines: all.length === 1
          ? [`${moment(all[0].time)} by ${excerpt(who(all[0].actor), NAME) || "nobody known"}${all[0].client?.ip ? ` from ${all[0].client.ip}` : ""}`]
          : [...all.slice(0, 4).map((event) => `${moment(event.time)} ${event.operation} by ${excerpt(who(event.actor), NAME)}`), ...(all.length > 4 ? [`and ${all.length - 4} more`] : [])],
        cited: findingsOf(all),
      }), 2);
    });
  }
}

const findingsOf = (records) => [...new Set(records.flatMap((record) => citedBy.get(record.id) ?? []))].sort((a, b) => b.risk - a.risk);

/** The least span that holds all moments, and a little more. */
function padded(times) {
  if (times.length === 0) {
    const now = ms(view.run.finished_at);
    return [now - 864e5, now];
  }
  const from = times.reduce((least, time) => Math.min(least, time));
  const to = times.reduce((most, time) => Math.max(most, time));
  const room = Math.max((to - from) * 0.03, 60e3);
  return [from - room, to + room];
}

function hatch() {
  return svg("defs", null, svg("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { class: "hatching", x1: 0, y1: 0, x2: 0, y2: 5 })));
}

function legendOf() {
  const sample = (...shape) => svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, shape);
  const bar = (kind, height) => svg("rect", { class: kind, x: 1, y: 6 - height / 2, width: 20, height });
  return el("ul", { class: "legend", "aria-label": "Legend" }, [
    [bar("change", 6), "change, at the time of its events"], [bar("window", 7), "changes of which only the scans tell when"],
    [svg("rect", { class: "event", x: 10, y: 1, width: 2, height: 10 }), "event"], [svg("path", { class: "failed", d: "M8 2l6 8m0 -8l-6 8" }), "event that failed"],
    [bar("lost", 8), "hours that a revert lost"], [bar("logged", 3), "log complete"], [bar("unlogged", 6), "gap of the log"], [bar("maybe", 6), "log perhaps incomplete"],
    ...(blind.length > 0 ? [[bar("blind", 10), "could not be seen"]] : []),
    [svg("line", { class: "scan", x1: 11, x2: 11, y1: 0, y2: 12 }), "scan"],
  ].map(([shape, text]) => el("li", null, sample(shape), " ", text)));
}
