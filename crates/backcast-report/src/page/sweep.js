// The map of a sweep's sets, and the curve of the chosen one.

const sweep = data.sweep && data.sweep.params.length && data.sweep.metrics.length && data.sweep.assets.length ? data.sweep : null;
// `set` holds an index into each parameter's values; `outside` a set of the best table that the map does not draw.
const chosen = { asset: 0, metric: 0, x: 0, y: 1, set: [], outside: null, log: false };

const currentAsset = () => sweep.assets[chosen.asset];
const cellOf = (set) => set.reduce((cell, index, i) => cell * sweep.params[i].values.length + index, 0);
const gridValues = (metric) => unpack("grid", currentAsset().values[metric]);

function currentTrial() {
  if (chosen.outside) return chosen.outside.trial;
  const trial = unpack("grid", sweep.trials)[cellOf(chosen.set)];
  return trial === undefined ? null : trial;
}

const currentParams = () => (chosen.outside ? chosen.outside.params : chosen.set.map((index, i) => sweep.params[i].values[index]));
const describe = (values) => sweep.params.map((param, i) => `${param.name} ${short(values[i])}`).join(", ");
const titled = (param) => (param.unit ? `${param.name} (${param.unit})` : param.name);

// Indices of a set's values on the drawn axes; null if one is not drawn.
function place(params) {
  const set = sweep.params.map((param, i) => param.values.indexOf(params[i]));
  return set.includes(-1) ? null : set;
}

function startSweep() {
  if (!sweep) return;
  chosen.asset = sweep.chosen_asset;
  chosen.set = sweep.params.map(() => 0);
  sweep.params.forEach((param, i) => {
    const select = $(`set-${i}`);
    select.replaceChildren(...param.values.map((value, at) => new Option(short(value), at)));
    select.addEventListener("change", () => choose(chosen.set.map((index, j) => (j === i ? Number(select.value) : index))));
  });
  on("asset-select", "change", (event) => chooseAsset(Number(event.target.value)));
  on("metric-select", "change", (event) => {
    chosen.metric = Number(event.target.value);
    draw("heatmap");
  });
  for (const [id, own, other] of [["x-select", "x", "y"], ["y-select", "y", "x"]]) {
    on(id, "change", (event) => {
      const value = Number(event.target.value);
      if (value === chosen[other]) {
        chosen[other] = chosen[own];
        $(`${other}-select`).value = chosen[other];
      }
      chosen[own] = value;
      draw("heatmap");
    });
  }
  on("best-set", "click", () => chooseBest(0));
  on("best", "click", (event) => pickRow(event.target.closest("tr[data-row]")));
  on("best", "keydown", (event) => event.key === "Enter" && event.target.matches("tr") && pickRow(event.target));
  copyButton();
  charts.heatmap = sweep.params.length === 1 ? lineMap : heatmap;
  charts.heatmap.after = (element) => element.on("plotly_click", clicked);
  charts["cell-curve"] = cellCurve;
  chooseBest(0, true);
}

function chooseAsset(index) {
  chosen.asset = index;
  for (const block of document.querySelectorAll('[data-group="sweep"][data-account]')) block.hidden = Number(block.dataset.account) !== index;
  chooseBest(0);
}

function chooseBest(row, quietly) {
  const best = currentAsset().best[row];
  if (!best) return choose(chosen.set, null, quietly);
  const set = place(best.params);
  return choose(set || chosen.set, set ? null : best, quietly);
}

function pickRow(row) {
  if (!row) return;
  chooseBest(Number(row.dataset.row));
  const box = $("cell-curve").getBoundingClientRect();
  if (box.bottom < 0 || box.top < 0) $("cell-curve-heading").scrollIntoView({ block: "start", behavior: "auto" });
}

function clicked(event) {
  const point = event.points[0];
  const nearest = (param, value) => places(param).reduce((best, v, i, all) => (Math.abs(v - value) < Math.abs(all[best] - value) ? i : best), 0);
  const set = [...chosen.set];
  set[chosen.x] = nearest(sweep.params[chosen.x], point.x);
  if (sweep.params.length > 1) set[chosen.y] = nearest(sweep.params[chosen.y], point.y);
  choose(set);
}

function choose(set, outside = null, quietly = false) {
  chosen.set = set;
  chosen.outside = outside;
  set.forEach((index, i) => {
    $(`set-${i}`).value = index;
  });
  tellSet();
  return quietly ? undefined : Promise.all([draw("heatmap"), draw("cell-curve")]);
}

// Heading, figures and command of the chosen set.
function tellSet() {
  const asset = currentAsset();
  const trial = currentTrial();
  $("cell-curve-heading").textContent = `${asset.asset}: ${describe(currentParams())}`;
  const cell = cellOf(chosen.set);
  $("cell-facts").querySelectorAll("dd").forEach((dd, i) => {
    dd.textContent = chosen.outside || trial === null ? DASH : measured(gridValues(i)[cell], sweep.metrics[i]);
  });
  const command = $("cell-command");
  command.hidden = !asset.run_command || trial === null;
  const sets = sweep.params.map((param, i) => ` --set params.${param.name}=${currentParams()[i]}`).join("");
  command.querySelector("code").textContent = asset.run_command + sets;
  for (const row of document.querySelectorAll(`#best-${chosen.asset} tr[data-row]`)) {
    const best = asset.best[row.dataset.row];
    row.toggleAttribute("data-chosen", Boolean(best && best.trial === trial));
  }
}

function copyButton() {
  $("cell-command").querySelector("button").addEventListener("click", async (event) => {
    const code = $("cell-command").querySelector("code");
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
      event.target.textContent = "Copied";
      setTimeout(() => (event.target.textContent = "Copy"), 1500);
    } catch {
      // The text is selected, so that the reader can copy it.
    }
  });
}

// ---- the map

const parts = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
const mix = (from, to, share) => `rgb(${parts(from).map((part, i) => Math.round(part + (parts(to)[i] - part) * share)).join(",")})`;

// Colours and their range: from bad over neutral to good where a neutral value parts them, else from faint to strong.
function scale(values, metric, c) {
  const sorted = values.filter((value) => value !== null && value !== undefined).sort((a, b) => a - b);
  if (!sorted.length) return { zmin: 0, zmax: 1, colorscale: [[0, c.middle], [1, c.good]] };
  let zmin = sorted[Math.floor(0.01 * (sorted.length - 1))];
  let zmax = sorted[Math.ceil(0.99 * (sorted.length - 1))];
  if (zmin === zmax) [zmin, zmax] = [zmin - Math.max(Math.abs(zmin), 1) * 0.01, zmax + Math.max(Math.abs(zmax), 1) * 0.01];
  const { neutral, higher_is_better: higher } = metric;
  const steps = Array.from({ length: 13 }, (_, i) => i / 12);
  const parted = neutral !== null && zmin < neutral && neutral < zmax;
  const reach = parted ? Math.max(zmax - neutral, neutral - zmin) : 0;
  const colour = (at) => {
    if (parted) {
      const away = (zmin + at * (zmax - zmin) - neutral) / reach;
      return mix(c.middle, away > 0 === higher ? c.good : c.bad, Math.abs(away));
    }
    const goodSide = neutral === null || (zmin >= neutral) === higher;
    const strength = (goodSide === higher ? at : 1 - at) * 0.88 + 0.12;
    return mix(c.middle, goodSide ? c.good : c.bad, strength);
  };
  return { zmin, zmax, colorscale: steps.map((at) => [at, colour(at)]) };
}

function tellMap(metric) {
  $("heatmap-heading").textContent = `${currentAsset().asset}: ${metric.name}, all sets`;
}

function heatmap(c) {
  const metric = sweep.metrics[chosen.metric];
  tellMap(metric);
  const values = gridValues(chosen.metric);
  const trials = unpack("grid", sweep.trials);
  const [px, py] = [sweep.params[chosen.x], sweep.params[chosen.y]];
  const z = [];
  const text = [];
  const set = [...chosen.set];
  py.values.forEach((y, j) => {
    set[chosen.y] = j;
    const [row, words] = [[], []];
    px.values.forEach((x, i) => {
      set[chosen.x] = i;
      const cell = cellOf(set);
      row.push(values[cell] ?? null);
      words.push(`${px.name} ${short(x)}, ${py.name} ${short(y)}<br><b>${trials[cell] === undefined ? "not part of the sweep" : measured(values[cell], metric)}</b>`);
    });
    z.push(row);
    text.push(words);
  });
  const flat = narrow();
  const bar = { title: { text: metric.percent || !metric.unit ? metric.name : `${metric.name} (${metric.unit})`, side: flat ? "top" : "right" }, thickness: 12, outlinewidth: 0, tickformat: metric.percent ? ",.0%" : ",~r", tickcolor: c.line, ticks: "outside", ticklen: 3, ...(flat ? { orientation: "h", y: -0.22, yanchor: "top", len: 1 } : { len: 1 }) };
  return {
    traces: [
      { type: "heatmap", x: places(px), y: places(py), z, text, hovertemplate: "%{text}<extra></extra>", ...scale(values, metric, c), colorbar: bar, hoverongaps: false },
      ...marks(c),
    ],
    layout: {
      hovermode: "closest", showlegend: false, dragmode: false,
      margin: { ...margins(4, 48), r: 10 },
      xaxis: cellAxis(c, px),
      yaxis: cellAxis(c, py),
    },
  };
}

// Where a parameter's values stand on an axis: at themselves if they are evenly spaced, else in equal distances.
function places(param) {
  const { values } = param;
  const steps = values.slice(1).map((value, i) => value - values[i]);
  const even = steps.every((step) => Math.abs(step / steps[0] - 1) < 0.01);
  return even ? values : values.map((_, i) => i);
}

// An axis from the edge of the first cell to that of the last.
function cellAxis(c, param) {
  const at = places(param);
  const half = at.length > 1 ? (at[1] - at[0]) / 2 : 0.5;
  const own = { title: { text: titled(param) }, showgrid: false, range: [at[0] - half, at[at.length - 1] + half] };
  if (at !== param.values || at.length === 1) {
    const every = Math.ceil(at.length / 12);
    own.tickvals = at.filter((_, i) => i % every === 0);
    own.ticktext = param.values.filter((_, i) => i % every === 0).map(short);
  }
  return axis(c, own);
}

function onAxis(index, params) {
  const param = sweep.params[index];
  return places(param)[param.values.indexOf(params[index])] ?? null;
}

// The best set as a star, the chosen one as a ring.
function marks(c) {
  const mark = (params, symbol, size) => ({
    type: "scatter", mode: "markers", x: [onAxis(chosen.x, params)], y: [onAxis(chosen.y, params)], hoverinfo: "skip",
    marker: { symbol, size, color: symbol === "star" ? c.ink : "rgba(0,0,0,0)", line: { color: symbol === "star" ? c.panel : c.ink, width: symbol === "star" ? 1 : 2.5 } },
  });
  const out = [];
  const best = currentAsset().best[0];
  const inSlice = (params) => params.every((value, i) => i === chosen.x || i === chosen.y || value === sweep.params[i].values[chosen.set[i]]);
  if (best && inSlice(best.params)) out.push(mark(best.params, "star", 11));
  if (!chosen.outside) out.push(mark(currentParams(), "circle", 17));
  return out;
}

function lineMap(c) {
  const metric = sweep.metrics[chosen.metric];
  tellMap(metric);
  const values = gridValues(chosen.metric).map((value) => value ?? null);
  const param = sweep.params[0];
  const text = values.map((value, i) => `${param.name} ${short(param.values[i])}<br><b>${measured(value, metric)}</b>`);
  const at = chosen.set[0];
  const traces = [{ type: "scatter", mode: "lines+markers", x: places(param), y: values, text, hovertemplate: "%{text}<extra></extra>", line: { color: c.strategy, width: 1.6 }, marker: { size: 5 } }];
  if (!chosen.outside) traces.push({ type: "scatter", mode: "markers", x: [places(param)[at]], y: [values[at]], hoverinfo: "skip", marker: { symbol: "circle-open", size: 14, color: c.ink, line: { width: 2 } } });
  const unit = metric.percent || !metric.unit ? metric.name : `${metric.name} (${metric.unit})`;
  return {
    traces,
    layout: {
      hovermode: "closest", showlegend: false, dragmode: false,
      margin: margins(6, 48),
      xaxis: cellAxis(c, param),
      yaxis: axis(c, { title: { text: unit }, tickformat: metric.percent ? ",.0%" : "," }),
    },
  };
}

// ---- the chosen set's curve

function curveOf(trial) {
  const asset = currentAsset();
  if (trial === null) return null;
  const full = asset.full.find(([number]) => number === trial);
  if (full) return { kind: "full", ...points("curves", full[1]) };
  if (!asset.coarse) return null;
  const [t, low, high, levels] = ["t", "low", "high", "levels"].map((key) => unpack("curves", asset.coarse[key]));
  const [from, to] = [low[trial], high[trial]];
  if (from === null || from === undefined) return null;
  const value = (level) => (from > 0 ? from * (to / from) ** (level / 1023) : from + ((to - from) * level) / 1023);
  const v = t.map((_, i) => levels[trial * t.length + i] ?? null).map((level) => (level === null ? null : value(level)));
  return { kind: "coarse", t, v };
}

const CURVE_NOTES = {
  full: (curve) => `Full curve, ${number(curve.t.length, 0)} points.`,
  coarse: (curve) => `Overview of ${curve.t.length} points; run the set for its full curve, prices and trades.`,
};

function cellCurve(c) {
  const asset = currentAsset();
  const trial = currentTrial();
  const curve = curveOf(trial);
  const traces = [];
  const everything = [-Infinity, Infinity];
  const extents = [];
  if (curve) {
    traces.push(line("Chosen set", curve, c.strategy));
    extents.push(extent(curve.t, curve.v, everything, chosen.log));
  }
  if (asset.buy_and_hold) {
    const other = points("curves", asset.buy_and_hold);
    traces.push(line("Buy-and-hold", other, c.benchmark, 1.2));
    extents.push(extent(other.t, other.v, everything, chosen.log));
  }
  $("cell-curve").dataset.trial = trial ?? "";
  $("cell-curve").dataset.curve = curve ? curve.kind : "none";
  $("cell-note").textContent = curve ? CURVE_NOTES[curve.kind](curve) : trial === null ? "This combination is not part of the sweep." : "No curve of this set was kept; run it to see one.";
  return {
    traces,
    layout: {
      showlegend: true,
      margin: margins(longest(extents)),
      xaxis: axis(c, { type: "date", showgrid: false, showspikes: true, hoverformat: "%Y-%m-%d" }),
      yaxis: valueAxis(c, extents.length ? valueRange(extents, chosen.log) : undefined, chosen.log, money("Equity", asset.currency)),
    },
  };
}
