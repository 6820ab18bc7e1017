// Time across a width.

const STEPS = [1e3, 5e3, 15e3, 6e4, 3e5, 9e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6, 7776e6, 31536e6];

/** A span of time that is drawn across a width, both in their own units. */
class Scale {
  constructor(from, to, width) {
    [this.from, this.to, this.width] = [from, to, width];
  }

  /** Where a moment stands. */
  x(time) {
    return ((time - this.from) / (this.to - this.from)) * this.width;
  }

  /** Which moment stands here. */
  time(x) {
    return this.from + (x / this.width) * (this.to - this.from);
  }

  /** Round moments that leave room for their labels. */
  ticks() {
    const least = ((this.to - this.from) / this.width) * 110;
    const step = STEPS.find((one) => one >= least) ?? STEPS.at(-1) * Math.ceil(least / STEPS.at(-1));
    const ticks = [];
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) ticks.push({ time, label: tickLabel(time, step) });
    return ticks;
  }
}

function tickLabel(time, step) {
  const text = instant(time);
  if (step >= 864e5) return text.slice(0, 10);
  if (step < 6e4) return text.slice(11, 20);
  return text.slice(11, 16) === "00:00" ? text.slice(5, 10) : `${text.slice(11, 16)}Z`;
}
