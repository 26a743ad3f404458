// Tables, explanations, theme, start.

function on(id, event, action) {
  const element = $(id);
  if (element) element.addEventListener(event, action);
}

// ---- tables

const tables = new Map(); // id -> { rows: [{ row, cells }], shown, column, descending }

function startTables(further) {
  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].querySelectorAll("tr[data-row]")].map((tr, row) => ({ row, cells: [...tr.cells].map((td) => td.textContent.trim()) }));
    const shown = rows.length;
    (further[table.id] || []).forEach((cells, i) => rows.push({ row: shown + i, cells }));
    tables.set(table.id, { rows, shown, column: -1, descending: false });
    table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) sortBy(table, button.parentElement.cellIndex);
    });
    makeRowsPickable(table);
  }
  for (const more of document.querySelectorAll(".more")) {
    more.querySelector("button").addEventListener("click", () => {
      const table = $(more.dataset.for);
      tables.get(table.id).shown = Infinity;
      fillTable(table);
      more.remove();
    });
  }
}

// The number a cell's text shows; NaN where it is undefined.
const shownNumber = (text) => parseFloat(text.replace(/[,\s]/g, "").replace(MINUS, "-"));

function sortBy(table, column) {
  const state = tables.get(table.id);
  const heading = table.tHead.rows[0].cells[column];
  const numeric = heading.classList.contains("number");
  state.descending = state.column === column ? !state.descending : numeric;
  state.column = column;
  const sign = state.descending ? -1 : 1;
  const key = (row) => (numeric ? shownNumber(row.cells[column]) : row.cells[column] === DASH ? "" : row.cells[column]);
  const missing = (value) => value === "" || Number.isNaN(value);
  const compare = (a, b) => (numeric ? a - b : a < b ? -1 : a > b ? 1 : 0);
  state.rows = state.rows
    .map((row) => [key(row), row])
    .sort(([a, one], [b, two]) => {
      if (missing(a) || missing(b)) return missing(a) - missing(b) || one.row - two.row;
      return sign * compare(a, b) || one.row - two.row;
    })
    .map(([, row]) => row);
  for (const cell of table.tHead.rows[0].cells) cell.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
  fillTable(table);
}

function fillTable(table) {
  const state = tables.get(table.id);
  if (!state.rows.length) return;
  const kinds = [...table.tHead.rows[0].cells].map((cell) => cell.className);
  const lines = state.rows.slice(0, state.shown).map(({ row, cells }) => {
    const tr = document.createElement("tr");
    tr.dataset.row = row;
    cells.forEach((text, i) => {
      const td = tr.insertCell();
      td.className = kinds[i];
      td.textContent = text;
      td.toggleAttribute("data-negative", kinds[i] === "number" && text.startsWith(MINUS));
    });
    return tr;
  });
  table.tBodies[0].replaceChildren(...lines);
  makeRowsPickable(table);
  if (table.classList.contains("pick") && sweep) tellSet();
}

function makeRowsPickable(table) {
  if (!table.classList.contains("pick")) return;
  for (const row of table.tBodies[0].querySelectorAll("tr[data-row]")) row.tabIndex = 0;
}

// ---- explanations

function startTips() {
  const tip = $("tip");
  const hide = () => {
    tip.hidden = true;
  };
  const show = (event) => {
    const target = event.target.closest && event.target.closest("[data-help]");
    if (!target) return hide();
    tip.textContent = target.dataset.help;
    tip.hidden = false;
    const at = target.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left), document.documentElement.clientWidth - own.width - 8);
    const above = at.top - own.height - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
    target.setAttribute("aria-describedby", "tip");
  };
  for (const kind of ["pointerover", "focusin", "click"]) document.addEventListener(kind, show);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, { capture: true, passive: true });
}

// ---- theme

const remembered = (() => {
  try {
    return localStorage;
  } catch {
    return null; // a file may be denied it
  }
})();

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme-toggle").textContent = theme === "dark" ? "Light" : "Dark";
  return window.Plotly ? Promise.all(Object.keys(charts).map(draw)) : undefined;
}

function startTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = remembered && remembered.getItem("backcast-theme");
  setTheme(stored || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));
  on("theme-toggle", "click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    if (remembered) remembered.setItem("backcast-theme", theme);
    setTheme(theme);
  });
  let before = null;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    setTheme("light");
  });
  addEventListener("afterprint", () => before && setTheme(before));
}

// ---- start

function startGroups() {
  if (data.run) {
    const ids = {};
    if ($("equity")) Object.assign(ids, { equity: "equity", drawdown: "drawdown" });
    if ($("candles")) ids.candles = "candles";
    group("run", data.run, ids);
  }
  if (data.walk_forward) {
    const ids = $("oos-equity") ? { equity: "oos-equity", drawdown: "oos-drawdown" } : {};
    group("walk_forward", data.walk_forward, ids);
  }
  const chooseAccount = (name) => (event) => {
    groups[name].account = Number(event.target.value);
    for (const block of document.querySelectorAll(`[data-group="${name}"][data-account]`)) block.hidden = block.dataset.account !== event.target.value;
    redraw(groups[name]);
  };
  on("account-select", "change", chooseAccount("run"));
  on("oos-select", "change", chooseAccount("walk_forward"));
  on("candle-asset", "change", (event) => {
    groups.run.asset = Number(event.target.value);
    redraw(groups.run);
  });
  for (const button of document.querySelectorAll("button[data-years]")) {
    const state = groups[button.dataset.group];
    const [from, to] = fullRange(state);
    if (button.dataset.years !== "all" && Number(button.dataset.years) * 365 * DAY >= to - from) button.remove();
    else button.addEventListener("click", () => lastYears(state, button.dataset.years));
  }
  for (const button of document.querySelectorAll("button[data-log]")) {
    button.addEventListener("click", () => {
      const state = button.dataset.log === "cell" ? chosen : groups[button.dataset.log];
      state.log = !state.log;
      button.setAttribute("aria-pressed", String(state.log));
      if (state === chosen) draw("cell-curve");
      else redraw(state);
    });
  }
}

async function start() {
  startTheme();
  startTips();
  const decode = (bytes) => new TextDecoder().decode(bytes);
  const rows = decode(await inflate("data-rows"));
  startTables(rows ? JSON.parse(rows) : {});
  for (const name of ["series", "grid", "curves"]) streams[name] = await inflate(`data-${name}`);
  const script = document.createElement("script");
  script.textContent = decode(await inflate("data-charts"));
  document.head.append(script);
  startGroups();
  startSweep();
  startProfile();
  const figures = decode(await inflate("data-measured"));
  startMeasured(figures ? JSON.parse(figures) : []);
  startScale();
  for (const id of Object.keys(charts)) await draw(id);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (narrow() !== width < 560) Object.keys(charts).forEach(draw);
    width = innerWidth;
  });
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  document.documentElement.dataset.error = String(error);
  const old = typeof DecompressionStream === "undefined";
  for (const wait of document.querySelectorAll(".wait")) wait.textContent = old ? "This browser is too old to unpack the charts." : `The charts could not be drawn: ${error}`;
  console.error(error);
});
