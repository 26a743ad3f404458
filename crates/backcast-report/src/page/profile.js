// Profiles: flame graphs, the process tree over time.

// Names come from programs; plotly would read tags in them.
const untagged = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// A colour for each group, the same on every page.
function groupColours(c) {
  return {
    "user code": c.strategy,
    "data preparation": c.benchmark,
    engine: c.up,
    computation: "#3f8f5b",
    "garbage collector": "#8a5aa8",
    imports: "#4f9aa6",
    reports: "#8c7a5b",
    "": c["band-2"],
  };
}

function icicle(section, paint) {
  const ids = ["all", ...section.parent.map((_, i) => String(i))];
  const parents = ["", ...section.parent.map((parent) => (parent === null ? "all" : String(parent)))];
  const labels = ["all threads", ...section.name.map((name) => untagged(section.names[name]))];
  const details = ["", ...section.detail.map(untagged)];
  const values = [0, ...section.own];
  return (c) => ({
    traces: [
      {
        type: "icicle", ids, parents, labels, values, customdata: details,
        branchvalues: "remainder", sort: false, maxdepth: 40,
        tiling: { orientation: "v", pad: 1 }, pathbar: { visible: true, thickness: 22 },
        marker: { colors: [c["band-2"], ...paint(c)], line: { width: 0 } },
        hovertemplate: "<b>%{label}</b><br>%{customdata}<extra></extra>",
        insidetextfont: { size: 12 },
        leaf: { opacity: 1 },
      },
    ],
    layout: { margin: { l: 4, r: 4, t: 28, b: 4 }, hovermode: "closest", dragmode: false },
  });
}

// Between two colours of the page, by -1 to 1.
function mixed(c, change) {
  const strength = Math.round(Math.min(1, Math.abs(change)) * 100);
  const parts = (colour) => (colour.match(/[\d.]+/g) || [128, 128, 128]).slice(0, 3).map(Number);
  const from = parts(c["band-2"]);
  const to = parts(change < 0 ? c.good : c.bad);
  return `rgb(${from.map((value, i) => Math.round(value + ((to[i] - value) * strength) / 100)).join(",")})`;
}

function startProfile() {
  const profile = data.profile;
  if (!profile) return;
  let wanted = "";
  if ($("flame")) {
    const flame = profile.flame;
    const finds = () => flame.names.map((name) => wanted && name.toLowerCase().includes(wanted));
    charts.flame = icicle(flame, (c) => {
      const colours = groupColours(c);
      const found = finds();
      return flame.group.map((group, i) => (found[flame.name[i]] ? c.bad : colours[flame.groups[group]] || c["band-2"]));
    });
    on("flame-search", "input", (event) => {
      wanted = event.target.value.trim().toLowerCase();
      const found = finds();
      const count = flame.name.filter((name) => found[name]).length;
      $("flame-note").textContent = wanted ? `${number(count, 0)} call paths have it in their name.` : "";
      draw("flame");
    });
    if (flame.left_out) $("flame-note").textContent += ` ${number(flame.left_out, 0)} call paths too small to be seen are drawn as part of their callers.`;
  }
  if ($("flame-difference")) {
    const difference = profile.difference;
    charts["flame-difference"] = icicle(difference, (c) => difference.change.map((change) => mixed(c, change)));
  }
  if ($("process")) {
    const { at, cores, resident_mb } = profile.process;
    charts.process = (c) => ({
      traces: [
        { x: at, y: cores, name: "processors in use", line: { color: c.strategy, width: 1.5 }, hovertemplate: "%{y:.2f}" },
        { x: at, y: resident_mb, name: "resident memory (MB)", yaxis: "y2", line: { color: c.benchmark, width: 1.5 }, hovertemplate: "%{y:,.1f}" },
      ],
      layout: {
        margin: { ...margins(5, 40), r: 64 },
        xaxis: axis(c, { title: { text: "seconds since the start" }, rangemode: "tozero" }),
        yaxis: axis(c, { title: { text: "processors" }, rangemode: "tozero" }),
        yaxis2: axis(c, { title: { text: "MB" }, overlaying: "y", side: "right", rangemode: "tozero", showgrid: false }),
      },
    });
  }
}
