//! `conformance calendars --dir DIR`: answers every question of `NAME.queries.json.gz` files.
//!
//! Where the folder also has `NAME.csv.gz` (all sessions and hours) or `NAME.rules.json` (the same as rules), both are
//! compared with the calendar session by session; they are no questions, but a difference is a failure.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use backcast_calendar::{Calendar, CalendarError, MinuteLabel, Toward};
use backcast_types::{Day, Timestamp};
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

const QUERIES: &str = ".queries.json.gz";
const SHOWN: usize = 5;

/// Answers all questions of a folder and prints the first wrong answers of each calendar, then `N of M match`.
/// Returns (matched, asked).
///
/// # Errors
/// A folder without questions, a file that cannot be read, or tables that differ from the calendar.
pub(crate) fn run(dir: &Path) -> Result<(usize, usize), String> {
    let (mut matched, mut asked, mut differing) = (0, 0, 0);
    let names = names_in(dir)?;
    if names.is_empty() {
        return Err(format!("{} has no file NAME{QUERIES}", dir.display()));
    }
    for name in names {
        let Ok(calendar) = Calendar::named(&name) else {
            println!("{name}: no such calendar, its questions are not asked");
            continue;
        };
        let queries = read_json(&dir.join(format!("{name}{QUERIES}")))?;
        let queries = queries.as_array().ok_or_else(|| format!("{name}{QUERIES} is no list"))?;
        let right = answer_all(calendar, queries);
        println!("{name}: {right} of {} answers match", queries.len());
        matched += right;
        asked += queries.len();
        differing += compare_tables(calendar, dir, &name)?;
    }
    println!("{matched} of {asked} match");
    if differing > 0 {
        return Err(format!("{differing} sessions differ from the tables in {}", dir.display()));
    }
    Ok((matched, asked))
}

fn names_in(dir: &Path) -> Result<Vec<String>, String> {
    let cannot = |error| format!("cannot read folder {}: {error}", dir.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(cannot)? {
        let file = entry.map_err(cannot)?.file_name();
        if let Some(name) = file.to_str().and_then(|file| file.strip_suffix(QUERIES)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn answer_all(calendar: &Calendar, queries: &[Value]) -> usize {
    let mut wrong = 0;
    for query in queries {
        let differences = match answer(calendar, query) {
            Ok(found) => differences(query, &found),
            Err(problem) => vec![problem],
        };
        if !differences.is_empty() {
            wrong += 1;
            if wrong <= SHOWN {
                println!("{} {query}\n    {}", calendar.name(), differences.join("\n    "));
            }
        }
    }
    queries.len() - wrong
}

/// Each key that was asked for must have been answered, with the same value.
fn differences(query: &Value, found: &Map<String, Value>) -> Vec<String> {
    let inputs = ["q", "date", "n", "t", "session"];
    let Some(query) = query.as_object() else {
        return vec!["the question is no object".to_owned()];
    };
    query
        .iter()
        // An answer of null marks a part that is not asked, such as `plus_n`.
        .filter(|(key, value)| !inputs.contains(&key.as_str()) && !value.is_null())
        .filter(|(key, value)| found.get(*key) != Some(value))
        .map(|(key, value)| match found.get(key) {
            Some(got) => format!("{key}: expected {value}, got {got}"),
            None => format!("{key}: this part of the question is not known"),
        })
        .collect()
}

fn answer(calendar: &Calendar, query: &Value) -> Result<Map<String, Value>, String> {
    let text = |key: &str| query[key].as_str().ok_or_else(|| format!("`{key}` is missing"));
    let found = match text("q")? {
        "date" => {
            let day = text("date")?.parse().map_err(|error| format!("{error}"))?;
            date_answers(calendar, day, query["n"].as_i64())
        }
        "minute" => minute_answers(calendar, moment(text("t")?)?),
        "session_minutes" => {
            let day = text("session")?.parse().map_err(|error| format!("{error}"))?;
            session_answers(calendar, day)
        }
        other => return Err(format!("`{other}` is no kind of question")),
    };
    match found {
        Ok(Value::Object(answers)) => Ok(answers),
        Ok(other) => Err(format!("{other} is no set of answers")),
        Err(error) => Err(error.to_string()),
    }
}

fn date_answers(calendar: &Calendar, day: Day, n: Option<i64>) -> Result<Value, CalendarError> {
    let month_on = day.plus(30).min(calendar.bounds().1);
    let mut answers = json!({
        "is_session": calendar.is_session(day)?,
        "next": calendar.next_session(day)?.to_string(),
        "previous": calendar.previous_session(day)?.to_string(),
        "sessions_next_30_days": calendar.count_sessions(day..=month_on)?,
    });
    // Out of range only matters where it is asked: the comparison sees a missing answer.
    if let Some(Ok(later)) = n.map(|n| calendar.session_offset(day, n)) {
        answers["plus_n"] = json!(later.to_string());
    }
    Ok(answers)
}

fn minute_answers(calendar: &Calendar, t: Timestamp) -> Result<Value, CalendarError> {
    let sided = |label| -> Result<Value, CalendarError> {
        Ok(json!({
            "trading": calendar.is_trading(t, label)?,
            "session_next": calendar.session_near(t, label, Toward::Next)?.to_string(),
            "session_prev": calendar.session_near(t, label, Toward::Previous)?.to_string(),
            "next_minute": minute_text(calendar.next_minute(t, label)?),
            "previous_minute": minute_text(calendar.previous_minute(t, label)?),
        }))
    };
    Ok(json!({
        "right": sided(MinuteLabel::End)?,
        "left": sided(MinuteLabel::Start)?,
        "next_open": minute_text(calendar.next_open(t)?),
        "next_close": minute_text(calendar.next_close(t)?),
        "previous_open": minute_text(calendar.previous_open(t)?),
        "previous_close": minute_text(calendar.previous_close(t)?),
    }))
}

fn session_answers(calendar: &Calendar, day: Day) -> Result<Value, CalendarError> {
    let sided = |label| -> Result<Value, CalendarError> {
        let minutes = calendar.session_minutes(day, label)?;
        Ok(json!([minutes.count, minute_text(minutes.first), minute_text(minutes.last)]))
    };
    Ok(json!({ "right": sided(MinuteLabel::End)?, "left": sided(MinuteLabel::Start)? }))
}

/// Prints the first sessions that differ and returns how many do.
fn compare_tables(calendar: &Calendar, dir: &Path, name: &str) -> Result<usize, String> {
    let ours: Vec<String> = lines(calendar);
    let mut differing = 0;
    let mut compare = |file: PathBuf, theirs: Vec<String>| {
        let count = ours.len().max(theirs.len());
        let wrong: Vec<usize> = (0..count).filter(|&at| ours.get(at) != theirs.get(at)).collect();
        println!("{}: {} of {count} sessions agree", file.display(), count - wrong.len());
        for &at in wrong.iter().take(SHOWN) {
            println!("    expected {:?}, got {:?}", theirs.get(at), ours.get(at));
        }
        differing += wrong.len();
    };
    let csv = dir.join(format!("{name}.csv.gz"));
    if csv.exists() {
        let text = read_gz(&csv)?;
        compare(csv, text.lines().skip(1).map(str::to_owned).collect());
    }
    let rules = dir.join(format!("{name}.rules.json"));
    if rules.exists() {
        let text = std::fs::read_to_string(&rules).map_err(|error| cannot_read(&rules, &error))?;
        let expanded = Calendar::from_rules_json(&text)
            .map_err(|error| format!("{}: {error}", rules.display()))?;
        compare(rules, lines(&expanded));
    }
    Ok(differing)
}

/// The calendar as the lines of `NAME.csv.gz`: minutes from 00:00 UTC of the session's date.
fn lines(calendar: &Calendar) -> Vec<String> {
    let sessions = (0..).map_while(|index| calendar.session_at(index));
    sessions
        .map(|session| {
            let minute = |t: Timestamp| (t.0 - Timestamp::midnight(session.day).0) / 60_000_000_000;
            let (open, close) = (minute(session.open), minute(session.close));
            let pause = session.break_.map(|(from, to)| (minute(from), minute(to)));
            let (from, to) = pause.map_or((String::new(), String::new()), |(from, to)| {
                (from.to_string(), to.to_string())
            });
            format!("{},{open},{close},{from},{to}", session.day)
        })
        .collect()
}

/// Reads `2024-11-29T18:00Z`.
fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// Writes `2024-11-29T18:00Z`.
fn minute_text(t: Timestamp) -> String {
    let text = t.to_string();
    format!("{}Z", text.get(..16).unwrap_or(&text))
}

fn read_json(path: &Path) -> Result<Value, String> {
    serde_json::from_str(&read_gz(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_gz(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    GzDecoder::new(file).read_to_string(&mut text).map_err(|error| cannot_read(path, &error))?;
    Ok(text)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
