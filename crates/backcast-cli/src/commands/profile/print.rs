//! A profile for people, and its rows for programs.

use backcast_lab::profile::{
    Calls, Change, Difference, Functions, Kind, Moved, Profile, Row, View, share_interval,
    words::{self, LEVEL},
};

use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Table},
    terminal::Terminal,
};

/// Levels that are indented; deeper ones say how deep they are.
const DEEPEST_INDENT: usize = 24;
/// Longest name that is printed whole.
const LONGEST_NAME: usize = 90;
/// Functions that are listed by own time.
const LISTED_FUNCTIONS: usize = 12;
/// Modules that are listed by the time of their import.
const LISTED_IMPORTS: usize = 5;
/// Changes that are listed.
const LISTED_CHANGES: usize = 30;

/// Prints everything.
pub(super) fn table(
    profile: &Profile,
    view: &View<'_>,
    min_share: f64,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    terminal.print(&format!("{}\n\n", plain(&profile.name)))?;
    for (name, said) in words::facts(profile).iter().skip(1) {
        terminal.print(&format!("{name:<18} {}\n", plain(said)))?;
    }
    if !view.rows.is_empty() {
        terminal.print("\n")?;
        terminal.print(&tree(view, min_share).for_people())?;
    }
    if view.samples > 0 {
        terminal.print("\nBy own time, wherever called from\n\n")?;
        terminal.print(&functions(view, min_share).for_people())?;
    }
    python(profile, terminal)?;
    if !profile.unseen.is_empty() {
        terminal.print("\nNot seen\n")?;
        for said in &profile.unseen {
            terminal.print(&format!("  - {}\n", plain(said)))?;
        }
    }
    terminal.print(&format!("\n{}\n", words::closing(profile)))
}

/// The tree, with the columns for which there is something to say.
fn tree(view: &View<'_>, min_share: f64) -> Table {
    let (rows, hidden, hidden_own) = view.above(min_share);
    let lines = folded(view, &rows);
    let rows: Vec<&Row<'_>> = lines.iter().map(|line| line.row).collect();
    let any = |what: fn(&Calls) -> u64| {
        rows.iter().filter_map(|row| row.calls.as_deref()).any(|c| what(c) > 0)
    };
    let sampled = rows.iter().any(|row| words::interval(view, row).is_some());
    let counted = any(|calls| calls.count);
    let allocated = any(|calls| calls.allocations);
    let copied = any(|calls| calls.copied_bytes);
    let waited = any(|calls| calls.lock_wait_ns);
    let cpu = rows.iter().any(|row| row.cpu_ns.is_some());
    let mut columns = vec![Column::new("own"), Column::new("total")];
    let mut optional = |wanted: bool, titles: &[&str]| {
        columns.extend(titles.iter().filter(|_| wanted).map(|title| Column::new(*title)));
    };
    optional(sampled, &["95 % interval of total"]);
    optional(true, &["time"]);
    optional(cpu, &["own on cpu (sampled)"]);
    optional(counted, &["calls", "per call", "p50", "p95", "p99"]);
    optional(allocated, &["allocations", "allocated"]);
    optional(copied, &["copied"]);
    optional(waited, &["lock waits"]);
    optional(true, &["where"]);
    let width = columns.len();
    let mut table = Table::new(columns);
    let text = |text: Option<String>| text.map_or(Cell::Missing, Cell::from);
    for line in &lines {
        let row = line.row;
        let calls = row.calls.as_deref().filter(|calls| calls.count > 0);
        let mut cells: Vec<Cell> = vec![
            words::percent(view.share(line.own_ns)).into(),
            words::percent(view.share(row.total_ns)).into(),
        ];
        if sampled {
            cells.push(text(words::interval(view, row)));
        }
        cells.push(words::time(row.total_ns).into());
        if cpu {
            cells.push(text(line.cpu_ns.map(words::time)));
        }
        if counted {
            cells.push(text(calls.map(|calls| words::count(calls.count))));
            cells.push(text(calls.map(|calls| words::time(row.total_ns / calls.count))));
            for q in [0.5, 0.95, 0.99] {
                cells.push(text(calls.and_then(|calls| calls.quantile(q)).map(words::time)));
            }
        }
        if allocated {
            cells.push(text(calls.map(|calls| words::count(calls.allocations))));
            cells.push(text(calls.map(|calls| words::bytes(calls.allocated_bytes))));
        }
        if copied {
            cells.push(text(calls.map(|calls| words::bytes(calls.copied_bytes))));
        }
        if waited {
            cells.push(text(calls.map(|calls| words::time(calls.lock_wait_ns))));
        }
        cells.push(line.place().into());
        table.push(cells);
    }
    if hidden > 0 {
        let mut cells = vec![Cell::Missing; width];
        cells[0] = words::percent(view.share(hidden_own)).into();
        let noun = if hidden == 1 { "call path" } else { "call paths" };
        cells[width - 1] =
            format!("({} {noun} below {})", words::count(hidden as u64), words::percent(min_share))
                .into();
        table.push(cells);
    }
    (0..width - 1).for_each(|column| table.align_right(column));
    table
}

/// A row of the tree, or a function that calls nothing but itself for some levels.
struct Line<'a> {
    /// The outermost.
    row: &'a Row<'a>,
    levels: usize,
    depth: usize,
    own_ns: u64,
    cpu_ns: Option<u64>,
}

/// The rows that are shown, straight recursion as one line.
fn folded<'a>(view: &'a View<'_>, shown: &[usize]) -> Vec<Line<'a>> {
    let mut children = vec![0u32; view.rows.len()];
    shown.iter().filter_map(|row| view.rows[*row].parent).for_each(|row| children[row] += 1);
    let mut place = vec![0; view.rows.len()];
    let mut lines: Vec<Line<'a>> = Vec::with_capacity(shown.len());
    for at in shown {
        let row = &view.rows[*at];
        let above = row.parent.map(|parent| (&view.rows[parent], children[parent], place[parent]));
        place[*at] = match above {
            // Calls that were counted are not told apart by their depth.
            Some((outer, 1, line)) if outer.function == row.function && row.calls.is_none() => {
                let line: usize = line;
                let outer = &mut lines[line];
                outer.levels += 1;
                outer.own_ns += row.own_ns;
                outer.cpu_ns = match (outer.cpu_ns, row.cpu_ns) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
                line
            }
            _ => {
                let depth = above.map_or(0, |(_, _, line)| lines[line].depth + 1);
                let (own_ns, cpu_ns) = (row.own_ns, row.cpu_ns);
                lines.push(Line { row, levels: 1, depth, own_ns, cpu_ns });
                lines.len() - 1
            }
        };
    }
    lines
}

impl Line<'_> {
    /// The name under its callers, and where it is.
    fn place(&self) -> String {
        let indent = "  ".repeat(self.depth.min(DEEPEST_INDENT));
        let deeper = self.depth.saturating_sub(DEEPEST_INDENT);
        let deeper = if deeper > 0 { format!("+{deeper} ") } else { String::new() };
        let levels = if self.levels > 1 { format!(" x {}", self.levels) } else { String::new() };
        let threads = match self.depth {
            0 if self.row.threads > 1 => format!(", {} threads", words::count(self.row.threads)),
            _ => String::new(),
        };
        let at = at(self.row.file, self.row.line);
        format!("{indent}{deeper}{}{levels}{threads}{at}", short(&self.row.name))
    }
}

fn at(file: Option<&str>, line: Option<u32>) -> String {
    let file = file.map(|file| plain(file.rsplit('/').next().unwrap_or(file)));
    match (file, line) {
        (Some(file), Some(line)) => format!("  {file}:{line}"),
        (Some(file), None) => format!("  {file}"),
        _ => String::new(),
    }
}

fn short(name: &str) -> String {
    let name = plain(name);
    if name.chars().count() <= LONGEST_NAME {
        return name;
    }
    let first: String = name.chars().take(LONGEST_NAME - 1).collect();
    first + "…"
}

/// Names come from programs: what would steer a terminal is shown as a dot.
pub(in crate::commands) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '·' } else { c }).collect()
}

fn functions(view: &View<'_>, min_share: f64) -> Table {
    let mut table = Table::new(vec![
        Column::new("own"),
        Column::new("95 % interval of own"),
        Column::new("total"),
        Column::new("line"),
        Column::new("where"),
    ]);
    let functions = Functions::of(view).list;
    let listed = functions
        .iter()
        .filter(|function| !matches!(function.row.kind, Kind::Thread | Kind::Unattributed))
        .filter(|function| view.share(function.own_ns) >= min_share);
    for function in listed.take(LISTED_FUNCTIONS) {
        let own = view.share(function.own_ns);
        let interval = share_interval(own, view.effective_samples, LEVEL);
        let slowest = function.lines.first().filter(|line| line.own_ns > 0);
        let line = slowest.map(|line| {
            format!(
                "{} ({:.0} %)",
                line.line,
                100.0 * line.own_ns as f64 / function.own_ns.max(1) as f64
            )
        });
        table.push(vec![
            words::percent(own).into(),
            format!("{:.2} to {:.2} %", interval.low * 100.0, interval.high * 100.0).into(),
            words::percent(view.share(function.total_ns)).into(),
            line.into(),
            format!("{}{}", short(&function.row.name), at(function.row.file, function.row.line))
                .into(),
        ]);
    }
    (0..4).for_each(|column| table.align_right(column));
    table
}

/// Collector and imports of each Python process.
fn python(profile: &Profile, terminal: &mut Terminal) -> Result<(), Failure> {
    for process in &profile.python {
        let wall = process.wall_ns.max(1) as f64;
        let collecting: u64 = process.collections.iter().map(|all| all.ns).sum();
        let generations: Vec<String> = process
            .collections
            .iter()
            .enumerate()
            .map(|(i, all)| {
                let (runs, took) = (words::count(all.count), words::time(all.ns));
                format!(
                    "{runs} of generation {i} in {took}, {} objects freed",
                    words::count(all.collected)
                )
            })
            .collect();
        let importing: u64 = process.imports.iter().map(|import| import.own_ns).sum();
        let slowest: Vec<String> = process
            .imports
            .iter()
            .take(LISTED_IMPORTS)
            .map(|import| format!("{} {}", plain(&import.module), words::time(import.own_ns)))
            .collect();
        let peak = process.peak_bytes.map_or("unknown".to_owned(), words::bytes);
        terminal.print(&format!(
            "\n{}, process {}: {}, peak {peak}, at most {}\n",
            plain(&process.python),
            process.pid,
            words::time(process.wall_ns),
            number::count(process.most_threads as usize, "thread")
        ))?;
        terminal.print(&format!(
            "  collector {}: {}\n",
            words::percent(collecting as f64 / wall),
            generations.join("; ")
        ))?;
        if !slowest.is_empty() {
            terminal.print(&format!(
                "  imports {}: {} modules, slowest by own time: {}\n",
                words::percent(importing as f64 / wall),
                process.imports.len(),
                slowest.join(", ")
            ))?;
        }
    }
    Ok(())
}

/// A row for each call path with all that is known, for programs.
pub(super) fn rows(view: &View<'_>, min_share: f64) -> Table {
    let columns = [
        "depth",
        "name",
        "file",
        "line",
        "kind",
        "area",
        "source",
        "threads",
        "own_ns",
        "total_ns",
        "own_share",
        "total_share",
        "total_share_low",
        "total_share_high",
        "own_cpu_ns",
        "samples",
        "calls",
        "min_ns",
        "mean_ns",
        "p50_ns",
        "p95_ns",
        "p99_ns",
        "max_ns",
        "allocations",
        "allocated_bytes",
        "freed_bytes",
        "copied_bytes",
        "lock_wait_ns",
    ];
    let mut table = Table::new(columns.map(Column::new).to_vec());
    let number = |n: u64| Cell::from(n as f64);
    for row in view.above(min_share).0.iter().map(|row| &view.rows[*row]) {
        let calls = row.calls.as_deref().filter(|calls| calls.count > 0);
        let known = |what: fn(&Calls) -> u64| Cell::from(calls.map(|calls| what(calls) as f64));
        let quantile = |q: f64| Cell::from(calls.and_then(|c| c.quantile(q)).map(|ns| ns as f64));
        let interval = words::interval(view, row)
            .map(|_| share_interval(view.share(row.total_ns), view.effective_samples, LEVEL));
        let mean = calls.map(|calls| row.total_ns as f64 / calls.count as f64);
        table.push(vec![
            row.depth.into(),
            row.name.as_ref().into(),
            row.file.into(),
            Cell::from(row.line.map(f64::from)),
            row.kind.name().into(),
            row.area.name().into(),
            row.source.name().into(),
            number(row.threads),
            number(row.own_ns),
            number(row.total_ns),
            view.share(row.own_ns).into(),
            view.share(row.total_ns).into(),
            Cell::from(interval.map(|interval| interval.low)),
            Cell::from(interval.map(|interval| interval.high)),
            Cell::from(row.cpu_ns.map(|ns| ns as f64)),
            number(row.total_samples),
            known(|calls| calls.count),
            known(|calls| calls.min_ns),
            mean.into(),
            quantile(0.5),
            quantile(0.95),
            quantile(0.99),
            known(|calls| calls.max_ns),
            known(|calls| calls.allocations),
            known(|calls| calls.allocated_bytes),
            known(|calls| calls.freed_bytes),
            known(|calls| calls.copied_bytes),
            known(|calls| calls.lock_wait_ns),
        ]);
    }
    table
}

/// What changed since another profile.
pub(super) fn difference(
    difference: &Difference,
    min_share: f64,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (before, after) = (difference.before_ns, difference.after_ns);
    terminal.print(&format!(
        "\nAgainst the other profile: thread time {} before, {} now\n\n",
        words::time(before),
        words::time(after)
    ))?;
    let rows = difference.largest(min_share);
    if rows.is_empty() {
        return terminal.print(&format!(
            "no own time changed by {} of the whole\n",
            words::percent(min_share)
        ));
    }
    let mut table =
        Table::new(["own before", "own now", "change", "", "where"].map(Column::new).to_vec());
    for row in rows.iter().take(LISTED_CHANGES) {
        let change = row.own_change_ns();
        let sign = if change < 0 { "-" } else { "+" };
        table.push(vec![
            words::time(row.own_before_ns).into(),
            words::time(row.own_after_ns).into(),
            format!("{sign}{}", words::time(change.unsigned_abs())).into(),
            match row.change {
                Change::Appeared => "new",
                Change::Vanished => "gone",
                Change::Kept => "",
            }
            .into(),
            path(difference, row).into(),
        ]);
    }
    (0..3).for_each(|column| table.align_right(column));
    terminal.print(&table.for_people())?;
    terminal.print("\ntwo runs differ by chance too; `backcast bench` says what is significant\n")
}

/// The last callers and the name.
fn path(difference: &Difference, row: &Moved) -> String {
    let mut names = vec![short(&row.name)];
    let mut above = row.parent;
    while let Some(parent) = above {
        if names.len() == 3 {
            names.push("…".to_owned());
            break;
        }
        names.push(short(&difference.rows[parent].name));
        above = difference.rows[parent].parent;
    }
    names.reverse();
    names.join(" › ")
}
