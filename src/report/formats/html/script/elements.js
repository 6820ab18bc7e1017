// Makes elements. Text enters the page here and nowhere else, and never as markup.

const TREACHEROUS = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f" +
  "\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]", "gu");

/** Returns text with control, bidirectional and invisible characters as `\u{…}`, as `model::printable` does. */
function printable(text) {
  return String(text).replace(TREACHEROUS, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** Adds children: elements as they are, arrays one by one, text as text; `null` and `false` are nothing. */
function add(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(printable(child)));
  }
  return parent;
}

function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : printable(value));
  }
  return element;
}

/** Makes an HTML element; attributes that are functions listen to the event of that name. */
function el(tag, attributes, ...children) {
  return add(dress(document.createElement(tag), attributes), ...children);
}

/** Makes an SVG element. */
function svg(tag, attributes, ...children) {
  return add(dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes), ...children);
}

function byId(id) {
  return document.getElementById(id);
}

/** Text of which the end can be unfolded, where it is long. */
function long(text, room = 400) {
  const all = [...printable(text)];
  if (all.length <= room) return all.join("");
  const rest = all.length - room;
  const button = el("button", { type: "button", class: "unfold", click: () => button.replaceWith(all.slice(room).join("")) },
    `… ${plural(rest, "character")} more`);
  return [all.slice(0, room).join(""), button];
}

/** At most so many characters, and a sign for what was left out; `wording::excerpt` does the same. */
function excerpt(text, room) {
  if (text.length <= room) return text;
  const all = [...text];
  return all.length <= room ? text : `${all.slice(0, room).join("")}…`;
}

/** Our own sentences: what stands in back-ticks, as code. */
function prose(text) {
  return String(text).split("`").map((piece, place, all) =>
    place % 2 === 0 ? long(piece) : place === all.length - 1 ? `\`${piece}` : el("code", null, long(piece)));
}

/** A count with its noun in the right number. */
function plural(count, noun) {
  const many = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count.toLocaleString("en")} ${count === 1 ? noun : many}`;
}

/** A table; rows are arrays of cells, and the first cell of each row names it. */
function table(columns, rows, kind) {
  const head = el("thead", null, el("tr", null, columns.map((column) => el("th", { scope: "col" }, column))));
  const cells = (row) => row.map((cell, place) =>
    cell instanceof HTMLTableCellElement ? cell
      : place === 0 ? el("th", { scope: "row" }, cell) : el("td", null, cell));
  return el("table", { class: kind }, head, el("tbody", null, rows.map((row) => el("tr", null, cells(row)))));
}

/** A table that scrolls sideways within its own frame where the page is narrow. */
function wide(label, ...children) {
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, ...children);
}
