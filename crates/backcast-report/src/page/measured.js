// Measurements: dots with intervals, lines, stairs, and the marks behind them.

const MEASURED_COLOURS = { candidate: "strategy", base: "benchmark", alarm: "fall", quiet: "muted" };
const SYMBOLS = { dots: "circle", line: "circle", rings: "circle-open", diamonds: "diamond" };

const lettersShown = () => (narrow() ? 16 : 40);
const shortened = (text) => (text.length > lettersShown() ? text.slice(0, lettersShown() - 1) + "\u2026" : text);

// Places as plotly has them: dates in milliseconds.
const scaled = (axis, list) => (axis.kind === "time" ? list.map((s) => (s === null ? null : s * 1000)) : list);

// A name may be as wide as a third of a narrow window: then it stands above its line.
function measuredAxis(c, own, upright, values) {
  if (own.kind === "names") {
    const last = own.names.length - 1;
    return axis(c, {
      tickvals: own.names.map((_, i) => i), ticktext: own.names.map((name) => untagged(shortened(name))), automargin: true,
      range: upright ? [last + 0.6, -0.6] : [-0.6, last + 0.6], showgrid: upright, ticks: "",
    });
  }
  const whole = own.kind === "number" && values.every(Number.isInteger) && Math.max(...values) - Math.min(...values) <= 12;
  if (whole) own = { ...own, kind: "whole" };
  const kinds = { time: { type: "date" }, log: { type: "log", dtick: "D2" }, whole: { dtick: 1 }, number: { exponentformat: "none", separatethousands: true } };
  return axis(c, { title: { text: untagged(own.title), standoff: 10 }, fixedrange: false, automargin: true, nticks: narrow() ? 5 : undefined, ...kinds[own.kind] });
}

function measuredTrace(c, series, view) {
  const colour = c[MEASURED_COLOURS[series.colour]];
  const joined = series.look === "line" || series.look === "stairs";
  const trace = {
    type: "scatter",
    mode: series.look === "stairs" ? "lines" : joined ? "lines+markers" : "markers",
    name: untagged(shortened(series.name)),
    x: scaled(view.x, series.x),
    y: scaled(view.y, series.y),
    text: series.told.map((told) => untagged(told).replace(/\n/g, "<br>")),
    hovertemplate: "%{text}<extra></extra>",
    line: { color: colour, width: 1.5, shape: series.look === "stairs" ? "hv" : "linear" },
    marker: { color: colour, size: { rings: 13, diamonds: 9 }[series.look] || (series.x.length > 300 ? 4 : 7), symbol: SYMBOLS[series.look], line: { width: series.look === "rings" ? 2 : 0, color: colour } },
  };
  if (series.interval) {
    const [middle, low, high] = [series[series.interval], series.low, series.high];
    const distance = (ends, sign) => ends.map((end, i) => (end === null || middle[i] === null ? 0 : Math.max(0, sign * (end - middle[i]))));
    trace[series.interval === "x" ? "error_x" : "error_y"] = { type: "data", symmetric: false, array: distance(high, 1), arrayminus: distance(low, -1), color: colour, thickness: 1.4, width: 4 };
  }
  return trace;
}

// A line or a band across the whole figure, and its label.
function measuredMarks(c, view) {
  const shapes = [];
  const annotations = [];
  for (const mark of view.marks) {
    const colour = c[MEASURED_COLOURS[mark.colour]];
    const upright = mark.along === "x";
    const [from, to] = scaled(upright ? view.x : view.y, [mark.from, mark.to]);
    const ends = upright ? { x0: from, x1: to, y0: 0, y1: 1, xref: "x", yref: "paper" } : { y0: from, y1: to, x0: 0, x1: 1, xref: "paper", yref: "y" };
    const isBand = from !== to;
    shapes.push({ type: isBand ? "rect" : "line", layer: "below", ...ends, opacity: isBand ? 0.16 : 1, fillcolor: colour, line: { color: colour, width: isBand ? 0 : 1, dash: mark.colour === "quiet" ? "dot" : "solid" } });
    if (!mark.label) continue;
    const place = upright ? { x: view.x.kind === "log" ? Math.log10(to) : to, xref: "x", xanchor: "center", y: 1, yref: "paper", yanchor: "top" } : { x: 1, xref: "paper", xanchor: "right", y: to, yref: "y", yanchor: "bottom" };
    annotations.push({ ...place, text: untagged(mark.label), showarrow: false, font: { size: 11, color: colour } });
  }
  return { shapes, annotations };
}

function measuredHeight(view) {
  if (view.y.kind !== "names") return "";
  return `${110 + 30 * view.y.names.length}px`;
}

function startMeasured(figures) {
  for (const { id, views } of figures) {
    if (!$(id)) continue;
    let shown = 0;
    const tell = () => {
      const { note, left_out } = views[shown];
      $(`${id}-note`).textContent = left_out ? `${note} ${number(left_out, 0)} points between those drawn are left out; the lowest and highest of each stretch are kept.` : note;
    };
    charts[id] = (c) => {
      const view = views[shown];
      $(id).style.height = measuredHeight(view);
      return {
        traces: view.series.map((series) => measuredTrace(c, series, view)),
        layout: {
          ...measuredMarks(c, view),
          hovermode: "closest",
          showlegend: view.series.length > 1,
          legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", yref: "paper", font: { color: c.ink } },
          margin: { l: 56, r: narrow() ? 12 : 24, t: view.series.length > 1 ? 34 : 14, b: 48 },
          xaxis: measuredAxis(c, view.x, false, view.series.flatMap((series) => series.x)),
          yaxis: measuredAxis(c, view.y, true, view.series.flatMap((series) => series.y)),
        },
      };
    };
    tell();
    on(`${id}-view`, "change", (event) => {
      shown = Number(event.target.value);
      tell();
      draw(id);
    });
  }
}
