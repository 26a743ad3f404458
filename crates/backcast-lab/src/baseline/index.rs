//! The figures of all records in one SQLite file, so that a history need not read every record.
//!
//! It only saves time: made anew where it is missing, damaged or of an older version, and held in memory where the disk is full, may not be
//! written to, or where the file belongs to a newer version. Writers of two processes wait for each other.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{Figure, Measure};

/// Version of the tables.
const VERSION: i64 = 2;
/// How long one writer waits for another.
const PATIENCE: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE record (
        id TEXT PRIMARY KEY, subject TEXT NOT NULL, class TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE figure (
        id TEXT NOT NULL, measure TEXT NOT NULL, taken_at TEXT NOT NULL, revision TEXT,
        median REAL NOT NULL, error REAL NOT NULL, runs INTEGER NOT NULL, at_most INTEGER NOT NULL,
        PRIMARY KEY (id, measure)) WITHOUT ROWID;";

/// What is kept of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Name of the command.
    pub(super) subject: String,
    /// Key of the class of machines.
    pub(super) class: String,
    /// A figure of each measure.
    pub(super) figures: Vec<(Measure, Figure)>,
}

impl Entry {
    /// The same with the name of the file that it came from.
    pub(super) fn named(mut self, id: &str) -> Entry {
        self.figures.iter_mut().for_each(|(_, figure)| id.clone_into(&mut figure.id));
        self
    }
}

/// Entries of these records, from the file where it has them, else by `read`, which answers with nothing for what cannot be read. The file
/// then holds these and no others.
pub(super) fn entries(
    path: &Path,
    ids: &[String],
    mut read: impl FnMut(&str) -> Option<Entry>,
) -> Vec<Entry> {
    if ids.is_empty() {
        return Vec::new();
    }
    let kept =
        in_file(path).and_then(|mut connection| update(&mut connection, ids, &mut read).ok());
    kept.unwrap_or_else(|| ids.iter().filter_map(|id| read(id)).collect())
}

/// Makes the index hold these records and no others, and tells what it holds.
fn update(
    connection: &mut Connection,
    ids: &[String],
    read: &mut impl FnMut(&str) -> Option<Entry>,
) -> rusqlite::Result<Vec<Entry>> {
    let wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let known: BTreeSet<String> = connection
        .prepare("SELECT id FROM record")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let gone: Vec<&String> = known.iter().filter(|id| !wanted.contains(id.as_str())).collect();
    let new: Vec<(&str, Entry)> = wanted
        .iter()
        .filter(|id| !known.contains(**id))
        .filter_map(|id| Some((*id, read(id)?)))
        .collect();
    if !gone.is_empty() || !new.is_empty() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in gone {
            transaction.execute("DELETE FROM record WHERE id = ?1", [id])?;
            transaction.execute("DELETE FROM figure WHERE id = ?1", [id])?;
        }
        for (id, entry) in &new {
            insert(&transaction, id, entry)?;
        }
        transaction.commit()?;
    }
    load(connection)
}

fn insert(connection: &Connection, id: &str, entry: &Entry) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO record VALUES (?1, ?2, ?3)",
        [id, &entry.subject, &entry.class],
    )?;
    for (measure, figure) in &entry.figures {
        connection.execute(
            "INSERT OR IGNORE INTO figure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                measure.name(),
                figure.taken_at,
                figure.commit,
                figure.median,
                figure.error,
                figure.runs as i64,
                figure.at_most
            ],
        )?;
    }
    Ok(())
}

fn load(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let query =
        "SELECT id, subject, class, measure, taken_at, revision, median, error, runs, at_most
        FROM record JOIN figure USING (id) ORDER BY id, measure";
    let row = |row: &Row<'_>| {
        let (name, runs): (String, i64) = (row.get(3)?, row.get(8)?);
        let figure = Figure {
            id: row.get(0)?,
            taken_at: row.get(4)?,
            commit: row.get(5)?,
            median: row.get(6)?,
            error: row.get(7)?,
            runs: runs as usize,
            at_most: row.get(9)?,
        };
        Ok((row.get::<_, String>(1)?, row.get::<_, String>(2)?, name, figure))
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut last = String::new();
    let mut statement = connection.prepare(query)?;
    for row in statement.query_map([], row)? {
        let (subject, class, name, figure) = row?;
        let measure = Measure::ALL.into_iter().find(|measure| measure.name() == name);
        let Some(measure) = measure else { continue };
        if entries.is_empty() || last != figure.id {
            last.clone_from(&figure.id);
            entries.push(Entry { subject, class, figures: Vec::new() });
        }
        let newest = entries.len() - 1;
        entries[newest].figures.push((measure, figure));
    }
    Ok(entries)
}

/// A usable index in a file, if need be by making it anew.
fn in_file(path: &Path) -> Option<Connection> {
    match opened(path) {
        Ok(Found::Usable(connection)) => return Some(connection),
        Ok(Found::Newer) => return None,
        // Another process makes it just now, and will be done when we look again; what it makes is no worse than ours.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            return None;
        }
        Ok(Found::Older) | Err(_) => {}
    }
    // Whoever holds the old files open goes on with them, and only loses what the records tell again.
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let _ = fs::remove_file(file);
    }
    match opened(path) {
        Ok(Found::Usable(connection)) => Some(connection),
        _ => None,
    }
}

enum Found {
    Usable(Connection),
    Older,
    Newer,
}

fn opened(path: &Path) -> rusqlite::Result<Found> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    let version = |connection: &Connection| -> rusqlite::Result<i64> {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0))
    };
    match version(&connection)? {
        0 => {}
        found if found > VERSION => return Ok(Found::Newer),
        found if found < VERSION => return Ok(Found::Older),
        _ => {
            // A damaged file may still tell its version.
            let sound: String =
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            return Ok(if sound == "ok" { Found::Usable(connection) } else { Found::Older });
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Two processes may come here at once; the second finds the tables of the first.
    if version(&transaction)? == 0 {
        let other: Option<i64> = transaction
            .query_row("SELECT 1 FROM sqlite_master", [], |row| row.get(0))
            .optional()?;
        if other.is_some() {
            return Ok(Found::Older);
        }
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(Found::Usable(connection))
}
