// Charts over time: equity, drawdown, prices. The charts of a group share one range of time.

const charts = {}; // element id -> function that returns { traces, layout }
const groups = {}; // "run", "walk_forward" -> { section, account, asset, range, log, ids }

function colours() {
  const probe = $("tip");
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["ink", "muted", "grid", "panel", "line", "strategy", "benchmark", "fall", "up", "down", "enter", "leave", "band", "band-2", "middle", "good", "bad"];
  const found = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.style.color = "";
  return found;
}

function axis(c, more) {
  return { gridcolor: c.grid, linecolor: c.line, tickcolor: c.line, zeroline: false, showline: true, ticks: "outside", ticklen: 4, fixedrange: true, showspikes: false, spikecolor: c.muted, spikethickness: 1, spikedash: "dot", ...more };
}

const narrow = () => window.innerWidth < 560;

// Room for labels of so many characters and the title of the axis on the left, for the labels below.
function margins(labelLength, below = 28) {
  return { l: Math.round(labelLength * (narrow() ? 6.4 : 7.2)) + (narrow() ? 24 : 32), r: narrow() ? 8 : 16, t: 10, b: below };
}

const longest = (extents) => Math.max(5, ...extents.flat().filter(isFinite).map((value) => number(value, 0).length));

function layout(c, more) {
  return {
    autosize: true,
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow() ? 11 : 12, color: c.muted },
    paper_bgcolor: c.panel,
    plot_bgcolor: c.panel,
    margin: margins(8),
    hovermode: "x unified",
    hoverlabel: { bgcolor: c.panel, bordercolor: c.line, font: { color: c.ink } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { color: c.ink } },
    ...more,
  };
}

const config = { responsive: true, displayModeBar: false, doubleClick: false, showTips: false };

const drawing = {}; // element id -> promise of the drawing under way
const asked = new Set(); // charts to be drawn once more

// Draws a chart; a chart that is being drawn is drawn once more afterwards, however often that was asked for.
function draw(id) {
  if (!$(id) || !charts[id]) return Promise.resolve();
  asked.add(id);
  drawing[id] ??= drawAsked(id).finally(() => delete drawing[id]);
  return drawing[id];
}

async function drawAsked(id) {
  while (asked.delete(id)) await drawOnce(id, $(id));
}

async function drawOnce(id, element) {
  const c = colours();
  const { traces, layout: own } = charts[id](c);
  const shape = String(narrow());
  const first = element.dataset.shape !== shape;
  if (first) {
    // Plotly keeps parts of the old legends and colour bars when their direction changes.
    if (element.dataset.shape) Plotly.purge(element);
    element.replaceChildren();
    element.dataset.shape = shape;
  }
  await Plotly.react(element, traces, layout(c, own), config);
  if (first && charts[id].after) charts[id].after(element);
}

// The lowest and highest of `values` between two times, with the points just outside; on a logarithmic axis of the
// positive ones.
function extent(times, values, range, log = false) {
  let low = Infinity;
  let high = -Infinity;
  const end = Math.min(lowerBound(times, range[1]) + 1, times.length);
  for (let i = Math.max(lowerBound(times, range[0]) - 1, 0); i < end; i++) {
    const value = values[i];
    if (value === null || value === undefined || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function valueRange(extents, log) {
  let low = Math.min(...extents.map((e) => e[0]));
  let high = Math.max(...extents.map((e) => e[1]));
  if (!(low <= high)) return undefined;
  if (log) [low, high] = [Math.log10(low), Math.log10(high)];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - margin, high + margin];
}

const money = (what, currency) => (currency ? `${what} (${currency})` : what);

// Ticks that tell values apart on a logarithmic axis of any span.
function valueAxis(c, range, log, title) {
  const plain = { title: { text: title }, tickformat: ",", hoverformat: ",.2f", range };
  if (!log) return axis(c, plain);
  const span = range ? 10 ** (range[1] - range[0]) : 10;
  return axis(c, { ...plain, type: "log", dtick: span > 8 && span <= 100 ? "D2" : undefined, nticks: 6 });
}

// ---- groups

function group(name, section, ids) {
  const state = { name, section, ids, account: 0, asset: 0, range: null, log: false };
  groups[name] = state;
  for (const [kind, paint] of Object.entries({ equity, drawdown, candles: prices })) {
    if (!ids[kind]) continue;
    charts[ids[kind]] = (c) => paint(state, c);
    charts[ids[kind]].after = (element) => link(state, element);
  }
}

const redraw = (state) => Promise.all(Object.values(state.ids).map(draw));

// All times of the group's account and asset.
function fullRange(state) {
  const account = state.section.accounts[state.account];
  const asset = state.section.candles[state.asset];
  const lists = [account && unpack("series", account.equity.t), asset && unpack("series", asset.t)];
  const ends = lists.filter((list) => list && list.length).map((list) => [list[0], list[list.length - 1]]);
  if (!ends.length) return [0, DAY];
  const start = Math.min(...ends.map((end) => end[0]));
  return [start, Math.max(...ends.map((end) => end[1]), start + DAY)];
}

const shownRange = (state) => state.range || fullRange(state);

const isoTime = (text) => (typeof text === "number" ? text : Date.parse(text.length <= 10 ? text : text.replace(" ", "T").slice(0, 23) + "Z"));

// Zooming one chart of the group zooms all of them; a double click shows everything again.
function link(state, element) {
  element.on("plotly_relayout", (event) => {
    const range = event["xaxis.range"] || [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    if (range[0] === undefined) return;
    setRange(state, [isoTime(range[0]), isoTime(range[1])]);
  });
  element.on("plotly_doubleclick", () => setRange(state, null));
}

function setRange(state, range) {
  state.range = range;
  for (const button of document.querySelectorAll(`button[data-years][data-group="${state.name}"]`)) {
    const years = button.dataset.years;
    const same = years === "all" ? !range : range && state.years === years;
    button.setAttribute("aria-pressed", String(Boolean(same)));
  }
  state.years = null;
  return redraw(state);
}

function lastYears(state, years) {
  state.years = years;
  if (years === "all") return setRange(state, null);
  const end = fullRange(state)[1];
  const from = new Date(end);
  from.setUTCFullYear(from.getUTCFullYear() - Number(years));
  return setRange(state, [from.getTime(), end]);
}

// The same room on the left for all charts of the group, so that equal times stand above each other.
function groupMargins(state) {
  const everything = [-Infinity, Infinity];
  const reach = (curve) => (curve ? extent(unpack("series", curve.t), unpack("series", curve.v), everything) : []);
  const account = state.section.accounts[state.account];
  return margins(longest(account ? [reach(account.equity), reach(account.buy_and_hold)] : []));
}

const timeAxis = (c, state, more) => axis(c, { type: "date", range: shownRange(state), fixedrange: false, hoverformat: "%Y-%m-%d", showgrid: false, showspikes: !more, ...more });

// ---- equity and drawdown

function equity(state, c) {
  const account = state.section.accounts[state.account];
  const range = shownRange(state);
  const own = points("series", account.equity);
  const traces = [line("Strategy", own, c.strategy)];
  const extents = [extent(own.t, own.v, range, state.log)];
  if (account.buy_and_hold) {
    const other = points("series", account.buy_and_hold);
    traces.push(line("Buy-and-hold", other, c.benchmark, 1.2));
    extents.push(extent(other.t, other.v, range, state.log));
  }
  if (state.section.windows.length) traces.push(windowLabels(state, own));
  return {
    traces,
    layout: {
      xaxis: timeAxis(c, state),
      yaxis: valueAxis(c, valueRange(extents, state.log), state.log, money("Equity", account.currency)),
      margin: groupMargins(state),
      shapes: bands(state, c),
    },
  };
}

function line(name, curve, colour, width = 1.7) {
  return { type: "scatter", mode: "lines", name, x: curve.t, y: curve.v, line: { color: colour, width }, hovertemplate: `${name} %{y}<extra></extra>` };
}

function drawdown(state, c) {
  const account = state.section.accounts[state.account];
  const curve = points("series", account.drawdown);
  const below = curve.v.map((value) => (value ? -value : value));
  const [low] = extent(curve.t, below, shownRange(state));
  return {
    traces: [{ type: "scatter", mode: "lines", x: curve.t, y: below, fill: "tozeroy", fillcolor: c.fall.replace("rgb(", "rgba(").replace(")", ", 0.18)"), line: { color: c.fall, width: 1.2 }, hovertemplate: "%{y}<extra></extra>" }],
    layout: {
      showlegend: false,
      margin: groupMargins(state),
      xaxis: timeAxis(c, state),
      yaxis: axis(c, { title: { text: "Below peak" }, tickformat: low > -0.05 ? ".1%" : ".0%", hoverformat: ".2%", nticks: 5, range: [isFinite(low) && low < 0 ? low * 1.08 : -0.01, 0] }),
      shapes: bands(state, c),
    },
  };
}

function bands(state, c) {
  return state.section.windows.map((window, i) => ({
    type: "rect", xref: "x", yref: "paper", x0: window.from, x1: window.to, y0: 0, y1: 1, layer: "below", line: { width: 0 }, fillcolor: i % 2 ? c["band-2"] : c.band,
  }));
}

// An invisible line that adds the window's name to the box under the pointer.
function windowLabels(state, curve) {
  const windows = state.section.windows;
  const starts = windows.map((window) => window.from);
  const text = curve.t.map((time) => {
    const window = windows[lowerBound(starts, time + 1) - 1];
    return window && time <= window.to ? window.label : "none";
  });
  return { type: "scatter", mode: "lines", x: curve.t, y: curve.v, text, opacity: 0, showlegend: false, hovertemplate: "Window %{text}<extra></extra>" };
}

// ---- prices

// First, highest, lowest, last and summed values of groups of candles, so that no more than `limit` are drawn.
function candlesIn(asset, range, limit) {
  const [t, o, h, l, v] = ["t", "o", "h", "l", "v"].map((key) => asset[key] && unpack("series", asset[key]));
  const close = unpack("series", asset.c);
  const start = Math.max(lowerBound(t, range[0]) - 1, 0);
  const end = Math.min(lowerBound(t, range[1]) + 1, t.length);
  const size = Math.max(1, Math.ceil((end - start) / limit));
  const out = { size, t: [], o: [], h: [], l: [], c: [], v: v ? [] : null };
  for (let i = start - (start % size); i < end; i += size) {
    const last = Math.min(i + size, t.length);
    let [high, low, volume] = [h[i], l[i], 0];
    for (let j = i; j < last; j++) {
      if (h[j] > high) high = h[j];
      if (l[j] < low) low = l[j];
      if (v) volume += v[j];
    }
    out.t.push(t[i]);
    out.o.push(o[i]);
    out.h.push(high);
    out.l.push(low);
    out.c.push(close[last - 1]);
    if (v) out.v.push(volume);
  }
  return out;
}

const EXECUTIONS = {
  a: { name: "Enter long", symbol: "triangle-up", colour: "enter" },
  b: { name: "Exit long", symbol: "triangle-down", colour: "leave" },
  c: { name: "Enter short", symbol: "triangle-down-open", colour: "enter" },
  d: { name: "Exit short", symbol: "triangle-up-open", colour: "leave" },
};

function prices(state, c) {
  const asset = state.section.candles[state.asset];
  const range = shownRange(state);
  const candles = candlesIn(asset, range, Math.max(60, Math.floor($(state.ids.candles).clientWidth / 4)));
  const bars = candles.size * asset.bars;
  $("candle-note").textContent = bars > 1 ? `One candle stands for ${bars} bars${candles.size > 1 ? "; zoom in for single ones" : ""}. Prices as traded.` : "One candle is one bar. Prices as traded.";
  const traces = [{
    type: "candlestick", name: "Price", showlegend: false, x: candles.t, open: candles.o, high: candles.h, low: candles.l, close: candles.c,
    increasing: { line: { color: c.up, width: 1 }, fillcolor: c.panel }, decreasing: { line: { color: c.down, width: 1 }, fillcolor: c.down },
  }];
  if (candles.v) traces.push({ type: "bar", name: "Volume", showlegend: false, x: candles.t, y: candles.v, yaxis: "y2", marker: { color: c.line }, hovertemplate: "%{x}: %{y}<extra>Volume</extra>" });
  const extents = [[Math.min(...candles.l.filter((v) => v !== null)), Math.max(...candles.h)]];
  for (const [letter, look] of Object.entries(EXECUTIONS)) {
    const trace = executions(asset, letter, look, range, c);
    if (trace) traces.push(trace);
  }
  return {
    traces,
    layout: {
      hovermode: "closest",
      margin: groupMargins(state),
      xaxis: timeAxis(c, state, { rangeslider: { visible: false }, anchor: candles.v ? "y2" : "y" }),
      yaxis: { ...valueAxis(c, valueRange(extents, false), false, money("Price", asset.currency)), domain: candles.v ? [0.24, 1] : [0, 1] },
      yaxis2: axis(c, { title: { text: "Volume" }, tickformat: "~s", nticks: 3, domain: [0, 0.17], rangemode: "tozero", showgrid: false }),
    },
  };
}

function executions(asset, letter, look, range, c) {
  const markers = asset.markers;
  const [t, price, size, pnl] = ["t", "price", "size", "pnl"].map((key) => unpack("series", markers[key]));
  const chosen = [];
  for (let i = 0; i < t.length; i++) if (markers.kind[i] === letter && t[i] >= range[0] && t[i] <= range[1]) chosen.push(i);
  if (!chosen.length) return null;
  const text = chosen.map((i) => {
    const result = pnl[i] === null ? "" : `<br>P&amp;L ${number(pnl[i], 2)} ${asset.currency}`;
    return `<b>${look.name}</b> ${moment(t[i])}<br>${number(size[i], size[i] % 1 ? 4 : 0)} at ${number(price[i], 2)}${result}`;
  });
  return {
    type: "scatter", mode: "markers", name: look.name, x: chosen.map((i) => t[i]), y: chosen.map((i) => price[i]), text, hovertemplate: "%{text}<extra></extra>",
    marker: { symbol: look.symbol, size: chosen.length > 200 ? 7 : 10, color: c[look.colour], line: { color: look.symbol.endsWith("open") ? c[look.colour] : c.panel, width: 1 } },
  };
}
