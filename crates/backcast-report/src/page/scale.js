// Cost by size: runs, fitted curves and their bands on logarithmic axes, for one part along one size.

const chosenScale = { part: 0, axis: 0 };

const seeThrough = (colour, alpha) => colour.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);

// A line as traces: band, fitted curve to the end of what was measured, dashed beyond, runs.
function scaleTraces(line, last, colour) {
  const name = untagged(line.name) || "fitted";
  const shown = { name, legendgroup: name, line: { color: colour, width: 1.8 }, mode: "lines" };
  const hidden = { ...shown, showlegend: false };
  const upTo = line.at.filter((size) => size <= last * (1 + 1e-9)).length;
  const part = (values, from, to) => ({ x: line.at.slice(from, to), y: values.slice(from, to) });
  const said = `${name}<br>%{x:,.4~r}: %{y:.3~s}s<extra></extra>`;
  const edge = { ...hidden, line: { width: 0 }, hoverinfo: "skip" };
  return [
    { ...edge, x: line.at, y: line.low },
    { ...edge, x: line.at, y: line.high, fill: "tonexty", fillcolor: seeThrough(colour, 0.14) },
    { ...shown, ...part(line.cost, 0, upTo), hovertemplate: said },
    { ...hidden, ...part(line.cost, upTo - 1), line: { ...shown.line, dash: "dash" }, hovertemplate: said },
    { ...hidden, x: line.sizes, y: line.costs, mode: "markers", marker: { color: colour, size: 6, opacity: 0.75 }, hovertemplate: said },
  ];
}

// Round places on a logarithmic axis: decades, and between them where there are few.
function roundPlaces(values) {
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const digits = Math.log10(high / low) > 4 ? [1] : [1, 2, 5];
  const places = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
    for (const digit of digits) places.push(Number(`${digit}e${decade}`));
  }
  return places;
}

// `20 ms`: a round number of seconds.
function roundTime(seconds) {
  const [scale, unit] = [[1, "s"], [1e-3, "ms"], [1e-6, "us"], [1e-9, "ns"]].find(([scale]) => seconds >= scale * 0.999) || [1e-9, "ns"];
  return `${number(seconds / scale, seconds < scale * 0.999 ? 3 : 0)} ${unit}`;
}

function startScale() {
  const scale = data.scale;
  if (!scale || !$("scale-plot")) return;
  charts["scale-plot"] = (c) => {
    const { part, axis: along } = chosenScale;
    const lines = scale.parts[part].lines.filter((line) => line.axis === along);
    const palette = [c.strategy, c.benchmark, c.up];
    const logarithmic = (values) => ({ type: "log", tickformat: "~s", tickvals: roundPlaces(values) });
    const sizes = lines.flatMap((line) => line.at);
    const costs = lines.flatMap((line) => [...line.low, ...line.high, ...line.costs]);
    return {
      traces: lines.flatMap((line, i) => scaleTraces(line, scale.measured[along], palette[i % palette.length])),
      layout: {
        hovermode: "closest",
        showlegend: lines.length > 1,
        margin: { ...margins(8, 44), t: 14 },
        xaxis: axis(c, { ...logarithmic(sizes), title: { text: untagged(scale.sizes[along]) } }),
        yaxis: axis(c, { ...logarithmic(costs), title: { text: "time" }, ticktext: roundPlaces(costs).map(roundTime) }),
      },
    };
  };
  for (const [id, key] of [["scale-part", "part"], ["scale-axis", "axis"]]) {
    on(id, "change", (event) => {
      chosenScale[key] = Number(event.target.value);
      draw("scale-plot");
    });
  }
}
