//! Two texts line by line, and two tables cell by cell.

use super::allowance::{Allowance, Divergence, Equality, Gathered};

/// Compares two outputs byte by byte; the place is a line.
pub(super) fn compare(before: &[u8], after: &[u8]) -> Equality {
    if before == after {
        return Equality::Identical;
    }
    let mut ours = before.split_inclusive(|byte| *byte == b'\n');
    let mut theirs = after.split_inclusive(|byte| *byte == b'\n');
    let mut line = 0;
    loop {
        line += 1;
        let (before, after) = (ours.next(), theirs.next());
        if before != after || before.is_none() {
            let (place, shown) = (format!("line {line}"), shown(before, after));
            let [before, after] = shown;
            return Equality::Different(Divergence { place, before, after });
        }
    }
}

/// Two lines that differ, as they can be shown: without their ends, unless nothing else differs.
fn shown(before: Option<&[u8]>, after: Option<&[u8]>) -> [String; 2] {
    let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    let trimmed = |line: &[u8]| text(line.strip_suffix(b"\n").unwrap_or(line));
    let only_ends = before.map(trimmed) == after.map(trimmed);
    [before, after].map(|line| match line {
        None => "the end".to_owned(),
        Some(line) if only_ends => super::shortened(&escaped(&text(line))),
        Some(line) => super::shortened(&escaped(&trimmed(line))),
    })
}

/// With what would not be seen, or would change a terminal, written out.
fn escaped(text: &str) -> String {
    let shown = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(shown).collect()
}

/// Compares two tables as comma separated text with a header. Cells without quotes that are numbers on both sides may differ by
/// the allowance. The place is a row, as its first two cells name it, and a column.
pub(super) fn compare_tables(before: &str, after: &str, allowance: Allowance) -> Equality {
    let mut gathered = Gathered::default();
    let (mut ours, mut theirs) = (before.lines(), after.lines());
    let header: Vec<&str> = before.lines().next().map(cells).unwrap_or_default();
    for row in 0.. {
        let (before, after) = match (ours.next(), theirs.next()) {
            (None, None) => break,
            (Some(before), Some(after)) if before == after => continue,
            (before, after) => (before, after),
        };
        let different = |place, before: &str, after: &str| {
            let (before, after) = (super::shortened(before), super::shortened(after));
            Equality::Different(Divergence { place, before, after })
        };
        let (Some(our_row), Some(their_row)) = (before, after) else {
            let missing = "no such row";
            let place = format!("row {row}");
            return different(place, before.unwrap_or(missing), after.unwrap_or(missing));
        };
        let (ours, theirs) = (cells(our_row), cells(their_row));
        if row == 0 || ours.len() != theirs.len() {
            return different(format!("row {row}"), our_row, their_row);
        }
        for (column, (ours_cell, theirs_cell)) in ours.iter().zip(&theirs).enumerate() {
            if !same_cell(ours_cell, theirs_cell, allowance, &mut gathered) {
                let name = header.get(column).copied().unwrap_or("?");
                let key = ours.iter().take(2).copied().collect::<Vec<_>>().join(" ");
                return different(format!("row {row} ({key}), {name}"), ours_cell, theirs_cell);
            }
        }
    }
    gathered.equality(allowance)
}

/// Our own tables quote no cell that holds a comma, so none needs unquoting.
fn cells(row: &str) -> Vec<&str> {
    row.trim_end_matches('\r').split(',').collect()
}

fn same_cell(before: &str, after: &str, allowance: Allowance, gathered: &mut Gathered) -> bool {
    if before == after {
        return true;
    }
    match (before.parse(), after.parse()) {
        (Ok(before), Ok(after)) => allowance.admits(before, after, gathered),
        _ => false,
    }
}
