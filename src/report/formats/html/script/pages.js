// Lists of any length, a page of them at a time.

/** How many rows a page holds. */
const PAGE = 100;

/** A list that is drawn page by page: `draw` puts some of the items in place. */
class Pages {
  constructor(pager, draw) {
    this.pager = pager;
    this.draw = draw;
    this.items = [];
    this.from = 0;
  }

  /** Shows other items from the first on. */
  fill(items) {
    this.items = items;
    this.turn(0);
  }

  /** Shows the page that holds the item at a place. */
  turn(place) {
    this.from = Math.floor(Math.max(0, place) / PAGE) * PAGE;
    const to = Math.min(this.from + PAGE, this.items.length);
    this.draw(this.items.slice(this.from, to), this.from);
    this.pager.replaceChildren();
    if (this.items.length <= PAGE) return;
    const button = (text, place, off) =>
      el("button", { type: "button", disabled: off, click: () => this.follow(place) }, text);
    add(this.pager,
      button("Previous", this.from - PAGE, this.from === 0),
      el("span", null, `${this.from + 1}–${to} of ${this.items.length.toLocaleString("en")}`),
      button("Next", this.from + PAGE, to === this.items.length));
    this.pager.classList.add("pager");
  }

  follow(place) {
    const forward = place > this.from;
    this.turn(place);
    const [back, , next] = this.pager.children;
    const wanted = forward ? next : back;
    (wanted.disabled ? (forward ? back : next) : wanted).focus({ preventScroll: true });
    this.pager.closest("section").scrollIntoView();
  }

  /** Shows everything up to a limit, for paper. */
  unroll(limit) {
    this.draw(this.items.slice(0, limit), 0);
  }
}
