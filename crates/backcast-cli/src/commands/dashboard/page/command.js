// One running command: made once, brought up to date with each event.

// A command that wrote nothing for so long stands still, or its disk is full.
const SILENT_MS = 3000;

const keyOf = (status) => [status.process.machine, status.process.pid, status.process.start_ticks].join(" ");

class Command {
  constructor() {
    this.element = $("command-template").content.firstElementChild.cloneNode(true);
    const part = (name) => this.element.querySelector(name);
    this.parts = { kind: part(".kind"), subject: part("h3"), phase: part(".phase"), state: part(".state"), progress: part(".progress"), text: part(".progress-text"), done: part(".done"), left: part(".left"), details: part(".details"), command: part(".command code") };
    this.rate = new Chart("Rate", (value) => short(value) + this.perSecond());
    this.memory = new Chart("Memory", bytes);
    this.cores = new Chart("Processor", (value) => (known(value) ? number(value, 2) + SPACE + "cores" : DASH));
    part(".charts").append(this.rate.figure, this.memory.figure, this.cores.figure);
  }

  perSecond() {
    const progress = this.status && this.status.progress;
    return progress ? SPACE + progress.unit + "/s" : "";
  }

  update(status) {
    this.status = status;
    const { parts } = this;
    say(parts.kind, status.kind);
    say(parts.subject, status.subject || status.kind);
    say(parts.phase, status.phase === "running" ? "" : status.phase || "");
    say(parts.command, status.command.join(" "));
    this.updateProgress(status.progress);
    const { elapsed_ms, done, cpu_ms, resident_bytes } = status.history;
    this.rate.figure.hidden = !status.progress;
    if (status.progress) this.rate.draw(elapsed_ms, rates(elapsed_ms, done));
    this.memory.draw(elapsed_ms, resident_bytes);
    this.cores.draw(elapsed_ms, rates(elapsed_ms, cpu_ms).map((value) => value && value / 1000));
    // Made anew only where something in them changed: a selection would be lost.
    const details = JSON.stringify([status.best, status.spans, status.caches]);
    if (details !== this.details) {
      this.details = details;
      parts.details.replaceChildren(...[bestSets(status.best), shares(status.spans), caches(status.caches)].filter(Boolean));
    }
  }

  updateProgress(progress) {
    const { parts } = this;
    parts.progress.classList.toggle("endless", !progress);
    const share = progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
    parts.progress.firstElementChild.style.width = progress ? (share * 100).toFixed(2) + "%" : "";
    if (progress) parts.progress.setAttribute("aria-valuenow", Math.floor(share * 100));
    else parts.progress.removeAttribute("aria-valuenow");
    say(parts.done, progress ? `${Math.floor(share * 100)} %, ${number(progress.done)} of ${number(progress.total)} ${progress.unit}` : "");
    this.share = progress ? share : null;
  }

  // What changes by the clock alone; `now` in milliseconds by the server's clock.
  tick(now) {
    const { status, parts } = this;
    const silent = now - status.updated_ns / 1e6;
    const isSilent = silent > SILENT_MS;
    const elapsed = status.elapsed_ns / 1e6 + (isSilent ? 0 : Math.max(0, silent));
    say(parts.state, isSilent ? `silent for ${duration(Math.floor(silent / 1000) * 1000)}` : "running");
    parts.state.dataset.state = isSilent ? "silent" : "running";
    const left = status.progress && known(status.progress.left_ns) && status.progress.done < status.progress.total;
    const times = [duration(Math.floor(elapsed / 1000) * 1000).replace(".0", "") + " so far"];
    if (left) times.push("about " + duration(Math.ceil(status.progress.left_ns / 1e9) * 1000).replace(".0", "") + " left");
    if (known(status.vitals.threads)) times.push(count(status.vitals.threads, "thread"));
    if (known(status.vitals.peak_bytes)) times.push("peak " + bytes(status.vitals.peak_bytes));
    say(parts.left, times.join(" \u00b7 "));
  }

  latestCores() {
    const { elapsed_ms, cpu_ms } = this.status.history;
    const last = rates(elapsed_ms, cpu_ms).pop();
    return known(last) ? last / 1000 : 0;
  }
}

function block(title, body) {
  const block = make("div", "detail");
  block.append(make("h4", "", title), body);
  return block;
}

function bestSets(best) {
  if (!best || !best.sets.length) return null;
  const list = make("ol", "best");
  for (const one of best.sets) {
    const row = make("li");
    row.append(make("span", "account", one.account), make("span", "set", one.set), make("span", "number", one.shown));
    list.append(row);
  }
  return block(`Best sets so far, by ${best.metric}`, list);
}

function bars(rows) {
  const list = make("ul", "bars");
  for (const { name, share, text } of rows) {
    const row = make("li");
    const bar = make("span", "share");
    bar.style.width = (Math.min(1, Math.max(0, share)) * 100).toFixed(1) + "%";
    row.append(make("span", "name", name), make("span", "number", text), bar);
    list.append(row);
  }
  return list;
}

const SHOWN_SPANS = 10;

function shares(spans) {
  if (!spans.length) return block("Where time goes", make("p", "none", "Not known yet: recorded only while this page looks."));
  const rows = [...spans].sort((a, b) => b.share - a.share).slice(0, SHOWN_SPANS);
  return block("Where time goes", bars(rows.map(({ name, share }) => ({ name, share, text: number(share * 100, 1) + " %" }))));
}

function caches(all) {
  if (!all.length) return block("Caches", make("p", "none", "None."));
  const row = ({ name, hits, misses, bytes: size }) => {
    const share = hits + misses > 0 ? hits / (hits + misses) : 0;
    return { name: known(size) ? `${name}, ${bytes(size)}` : name, share, text: number(share * 100, 1) + " % hits" };
  };
  return block("Caches", bars(all.map(row)));
}
