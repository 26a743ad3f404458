// The page: what the events say, the connection, the theme.

// ---- running commands

const commands = new Map(); // key -> Command
let clockAhead = 0; // milliseconds that the server's clock is ahead of this browser's
let project = null;

const now = () => Date.now() + clockAhead;

function showRunning(running) {
  const keys = running.map(keyOf);
  for (const [key, command] of commands) {
    if (!keys.includes(key)) {
      command.element.remove();
      commands.delete(key);
    }
  }
  running.forEach((status, i) => {
    if (!commands.has(keys[i])) commands.set(keys[i], new Command());
    const command = commands.get(keys[i]);
    command.update(status);
    const place = $("commands").children[i];
    if (place !== command.element) $("commands").insertBefore(command.element, place || null);
  });
  $("no-commands").hidden = running.length > 0;
  tick();
}

// ---- tables

const WORDS = { finished: "finished", failed: "failed", stopped: "stopped", vanished: "ended unexpectedly" };
const RESULTS = { run: "run", sweep: "sweep", walkforward: "walkforward" };

function fill(section, rows) {
  const wrap = $(section).querySelector(".table-wrap");
  wrap.hidden = rows.length === 0;
  $(section).querySelector(".nothing").hidden = rows.length > 0;
  wrap.querySelector("tbody").replaceChildren(...rows);
}

function row(...cells) {
  const row = make("tr");
  for (const cell of cells) {
    if (cell instanceof HTMLTableCellElement) row.append(cell);
    else row.append(make("td", "", cell));
  }
  return row;
}

function cell(name, ...children) {
  const cell = make("td", name);
  cell.append(...children);
  return cell;
}

// A time of day that is told as an age, brought up to date by `tick`.
function age(ns) {
  const cell = make("td", "number age");
  cell.dataset.at = ns / 1e6;
  cell.title = new Date(ns / 1e6).toLocaleString();
  return cell;
}

// A command to type next, and a button that copies it.
function next(text) {
  if (!text) return make("td", "undefined", DASH);
  const button = make("button", "copy", "Copy");
  button.type = "button";
  button.title = text;
  button.setAttribute("aria-label", `Copy ${text}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(button, "Copied");
    } catch {
      say(button, "Not allowed");
    }
    setTimeout(() => say(button, "Copy"), 1500);
  });
  return cell("next", make("code", "", text), button);
}

const withSpace = (text) => (/\s/.test(text) ? `'${text.replace(/'/g, "'\\''")}'` : text);
const fileName = (path) => path.split("/").pop();

function endedRow(one) {
  const state = one.state || "vanished";
  const pill = make("span", "state", WORDS[state] || state);
  pill.dataset.state = state;
  const why = [];
  if (state !== "finished" && known(one.exit_code)) why.push(`exit ${one.exit_code}`);
  if (state !== "finished" && one.phase && one.phase !== "running") why.push(`while ${one.phase}`);
  const outcome = cell("outcome", pill);
  if (why.length) outcome.append(make("small", "", why.join(", ")));
  const what = cell("what", make("span", "kind", one.kind), make("span", "subject", one.subject || one.command.slice(1).join(" ")));
  what.title = one.command.join(" ");
  let todo = "";
  if (state === "stopped" && one.result) todo = `backcast sweep --resume ${one.result}`;
  else if (state === "finished" && one.result && RESULTS[one.kind]) todo = `backcast report ${one.result} --out report.html`;
  else if (state !== "finished") todo = one.command.map(withSpace).join(" ");
  return row(outcome, what, make("td", "number", duration(one.elapsed_ns / 1e6)), make("td", "number", bytes(one.peak_bytes)), age(one.updated_ns), next(todo));
}

function resultRow(one) {
  const spec = make("td", "", one.spec ? fileName(one.spec) : DASH);
  if (one.spec) spec.title = one.spec;
  return row(cell("", make("span", "kind", one.kind.replace("_", "-"))), spec, make("td", "text", one.changes.join(", ") || DASH), cell("", make("code", "", one.id)), age(one.made_ns), next(`backcast report ${one.id} --out report.html`));
}

function alertRow(one) {
  const ratio = `${number(one.ratio.low, 3)} to ${number(one.ratio.high, 3)}`;
  return row(one.subject, make("td", "text", one.change), make("td", "number", ratio), commitCell(one.commit), age(one.time_ns));
}

const commitCell = (commit) => (commit ? cell("", make("code", "", commit.slice(0, 13))) : make("td", "undefined", DASH));
const at = (time) => Date.parse(time) * 1e6;
const change = (ratio) => (known(ratio) ? `${ratio > 1 ? "+" : ratio < 1 ? "\u2212" : ""}${number(Math.abs(ratio - 1) * 100, 1)}${SPACE}%` : DASH);

function baselineRow(one) {
  return row(one.subject, make("td", "number", briefTime(one.wall_ns)), make("td", "number", number(one.sessions)), cell("", make("code", "", one.class)), commitCell(one.commit), age(at(one.taken_at)));
}

function changeRow(one) {
  const interval = known(one.low) ? `${change(one.low)} to ${change(one.high)}` : DASH;
  return row(one.subject, one.measure, make("td", "number", change(one.ratio)), make("td", "number", interval), commitCell(one.commit), age(at(one.since)));
}

function showProject(news) {
  // A server of another version has another page.
  if (project && project.version !== news.version) location.reload();
  project = news;
  say($("project"), fileName(news.folder) || news.folder);
  say($("folder"), news.folder);
  say($("version"), news.version);
  fill("ended", news.ended.map(endedRow));
  fill("results", news.results.map(resultRow));
  fill("baselines", news.baselines.map(baselineRow));
  fill("changes", news.changes.map(changeRow));
  fill("alerts", news.alerts.map(alertRow));
  showNotices();
  tick();
}

// ---- what is told by the clock

function tick() {
  const time = now();
  let cores = 0;
  let memory = 0;
  for (const command of commands.values()) {
    command.tick(time);
    cores += command.latestCores();
    memory += command.status.vitals.resident_bytes || 0;
  }
  for (const cell of document.querySelectorAll(".age")) say(cell, ago(time - cell.dataset.at));
  const total = (name, text) => say(document.querySelector(`[data-total=${name}]`), text);
  total("running", number(commands.size));
  total("cores", number(cores, 2) + SPACE + "cores");
  total("memory", commands.size ? bytes(memory) : DASH);
  total("ended", project ? number(project.ended.length) : DASH);
  total("alerts", project ? number(project.alerts.length) : DASH);
  document.querySelector("[data-total=alerts]").toggleAttribute("data-negative", Boolean(project && project.alerts.length));
  const shares = [...commands.values()].map((command) => command.share).filter(known);
  const name = project ? fileName(project.folder) : "live";
  document.title = `${shares.length ? `${Math.floor(shares[0] * 100)} % \u00b7 ` : ""}${name} \u00b7 Backcast`;
}

// ---- connection

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 3000;
const PATIENCE_MS = 7000; // the server is heard at least every two seconds

let source = null;
let heard = 0;
let wait = FIRST_WAIT_MS;
let trouble = null; // "gone", "refused" or null

function setLink(state, text) {
  $("link").dataset.state = state;
  say($("link"), text);
}

function notice(...children) {
  const item = make("li");
  item.append(...children);
  return item;
}

function showNotices() {
  const notices = [];
  if (trouble === "gone") {
    const command = `backcast dashboard --port ${location.port}`;
    notices.push(notice("The server is not there. This page waits for it; start it again in the folder of the project: ", make("code", "", command)));
  }
  if (trouble === "refused") notices.push(notice("The server has another token now: open the address that ", make("code", "", "backcast dashboard"), " printed."));
  if (project && project.newer) notices.push(notice(`${count(project.newer, "command")} of a newer Backcast cannot be shown.`));
  if (project && project.unreadable) notices.push(notice(`${count(project.unreadable, "file")} below .backcast/live cannot be read.`));
  $("notices").replaceChildren(...notices);
}

function connect() {
  source = new EventSource("events");
  heard = Date.now();
  const on = (name, action) =>
    source.addEventListener(name, (event) => {
      heard = Date.now();
      action(JSON.parse(event.data));
    });
  on("running", showRunning);
  on("project", showProject);
  on("beat", (time) => {
    clockAhead = time - Date.now();
    wait = FIRST_WAIT_MS;
    setLink("live", "live");
    document.documentElement.dataset.ready = "true";
    if (trouble) {
      trouble = null;
      showNotices();
    }
  });
  source.addEventListener("error", reconnect);
}

// The browser would try again by itself, but not in all cases, and without telling why it failed.
async function reconnect() {
  source.close();
  source = null;
  try {
    const answer = await fetch("icon.svg", { cache: "no-store" });
    trouble = answer.status === 403 ? "refused" : null;
  } catch {
    trouble = "gone";
  }
  setLink(trouble || "waiting", trouble === "refused" ? "refused" : "not connected");
  showNotices();
  setTimeout(connect, wait);
  wait = Math.min(LONGEST_WAIT_MS, wait * 1.5);
}

// ---- theme

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme-toggle").textContent = theme === "dark" ? "Light" : "Dark";
}

function startTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = localStorage.getItem("backcast-theme");
  setTheme(stored || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));
  $("theme-toggle").addEventListener("click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("backcast-theme", theme);
    setTheme(theme);
  });
}

// ---- start

startTheme();
connect();
setInterval(() => {
  tick();
  if (source && Date.now() - heard > PATIENCE_MS) reconnect();
}, 1000);
