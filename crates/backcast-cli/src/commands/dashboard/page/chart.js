// Small charts over the time of a command, drawn as SVG.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 100;

function shape(tag, name, parent) {
  const element = document.createElementNS(SVG, tag);
  element.setAttribute("class", name);
  parent.append(element);
  return element;
}

// The least of 1, 2, 2.5, 5 times a power of ten that is not below `value`.
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.999999) * power;
}

// A text without the zeros that a round number does not need: 1 GB instead of 1.00 GB.
function rounded(text) {
  return text.replace(/\.0+(?=\D|$)/, "").replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/^1(\s)cores/, "1$1core");
}

// A figure with a title, the latest value, and a line from zero; under the pointer it tells the value there.
class Chart {
  constructor(title, write) {
    this.write = write;
    this.figure = make("figure", "spark");
    const head = make("div", "spark-head");
    head.append(make("span", "spark-title", title));
    this.value = make("span", "spark-value", DASH);
    head.append(this.value);
    const plot = make("div", "spark-plot");
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", title);
    for (const y of [0, HEIGHT / 2]) {
      const line = shape("line", "spark-grid", this.svg);
      line.setAttribute("x2", WIDTH);
      line.setAttribute("y1", y);
      line.setAttribute("y2", y);
    }
    this.area = shape("path", "spark-area", this.svg);
    this.line = shape("path", "spark-line", this.svg);
    this.cross = shape("line", "spark-cross", this.svg);
    this.cross.setAttribute("y2", HEIGHT);
    this.most = make("span", "spark-most");
    plot.append(this.svg, this.most);
    const foot = make("div", "spark-foot");
    this.span = make("span", "", "");
    foot.append(make("span", "", "start"), this.span);
    this.figure.append(head, plot, foot);
    this.at = null;
    plot.addEventListener("pointermove", (event) => this.point(event));
    plot.addEventListener("pointerleave", () => this.leave());
  }

  // `times` in milliseconds since the beginning, `values` beside them, null where there is none yet.
  draw(times, values) {
    this.times = times;
    this.values = values;
    const end = times[times.length - 1] || 1;
    const most = roundUp(Math.max(0, ...values.filter(known)));
    const x = (i) => ((times[i] / end) * WIDTH).toFixed(1);
    const y = (i) => (HEIGHT - (values[i] / most) * (HEIGHT - 4)).toFixed(1);
    const first = values.findIndex(known);
    const path = first < 0 ? "" : values.map((value, i) => (i < first ? "" : `${i === first ? "M" : "L"}${x(i)} ${y(i)}`)).join("");
    this.line.setAttribute("d", path);
    this.area.setAttribute("d", path && `${path}V${HEIGHT}H${x(first)}Z`);
    say(this.most, rounded(this.write(most)));
    say(this.span, duration(end));
    this.tell();
  }

  tell() {
    const i = this.at === null ? this.values.length - 1 : this.nearest();
    const when = this.at === null ? "" : ` at ${duration(this.times[i])}`;
    say(this.value, this.write(this.values[i]) + when);
    this.cross.style.visibility = this.at === null ? "hidden" : "visible";
    if (this.at !== null) {
      const x = (this.times[i] / (this.times[this.times.length - 1] || 1)) * WIDTH;
      this.cross.setAttribute("x1", x);
      this.cross.setAttribute("x2", x);
    }
  }

  nearest() {
    const wanted = this.at * (this.times[this.times.length - 1] || 1);
    const later = this.times.findIndex((time) => time >= wanted);
    return later < 0 ? this.times.length - 1 : later;
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    this.at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    if (this.values) this.tell();
  }

  leave() {
    this.at = null;
    if (this.values) this.tell();
  }
}

// What a counter gained per second, over a window that smooths the steps in which it is told.
function rates(times, counts) {
  const end = times[times.length - 1] || 0;
  const steps = counts.filter((count, i) => i > 0 && count > counts[i - 1]).length;
  const window = Math.max(2000, end / 40, Math.min((3 * end) / Math.max(1, steps), end / 4));
  let from = 0;
  return times.map((time, i) => {
    while (from < i && time - times[from + 1] >= window) from += 1;
    const [since, before] = i === from ? [0, 0] : [times[from], counts[from]];
    return time > since ? Math.max(0, ((counts[i] - before) / (time - since)) * 1000) : null;
  });
}
