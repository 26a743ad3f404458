//! The format of pprof: a gzipped protocol buffer, written by hand.
//!
//! Source: profile.proto of google/pprof; the numbers of fields are from there.

use std::{collections::HashMap, io::Write};

use flate2::{Compression, write::GzEncoder};

use super::super::{Profile, View};

/// A message of a protocol buffer.
#[derive(Default)]
struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A number; zero is what is not there.
    fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
    }

    fn raw(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        fill(&mut inner);
        self.raw(field, &inner.bytes);
    }

    fn packed(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        let mut inner = Message::default();
        values.into_iter().for_each(|value| inner.varint(value));
        self.raw(field, &inner.bytes);
    }
}

/// The table of strings; the first is empty.
struct Strings {
    list: Vec<String>,
    known: HashMap<String, u64>,
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(id) = self.known.get(text) {
            return *id;
        }
        let id = self.list.len() as u64;
        self.list.push(text.to_owned());
        self.known.insert(text.to_owned(), id);
        id
    }
}

/// The whole file: samples with a count (calls, or samples where calls are not known) and nanoseconds.
pub fn pprof(profile: &Profile) -> Vec<u8> {
    let view = View::of(profile);
    let mut strings =
        Strings { list: vec![String::new()], known: HashMap::from([(String::new(), 0)]) };
    let mut out = Message::default();
    for (kind, unit) in [("events", "count"), ("time", "nanoseconds")] {
        let (kind, unit) = (strings.id(kind), strings.id(unit));
        out.message(1, |value| {
            value.number(1, kind);
            value.number(2, unit);
        });
    }
    // A place is a function here, so both bear the same number.
    let mut places: HashMap<(&str, Option<&str>, Option<u32>), u64> = HashMap::new();
    let mut functions: Vec<(&str, Option<&str>, Option<u32>)> = Vec::new();
    let mut path: Vec<u64> = Vec::new();
    for row in &view.rows {
        path.truncate(row.depth);
        let key = (&*row.name, row.file, row.line);
        let id = *places.entry(key).or_insert_with(|| {
            functions.push(key);
            functions.len() as u64
        });
        path.push(id);
        let count = row.calls.as_ref().map_or(row.samples, |calls| calls.count);
        if row.own_ns > 0 || count > 0 {
            out.message(2, |sample| {
                sample.packed(1, path.iter().rev().copied());
                sample.packed(2, [count, row.own_ns]);
            });
        }
    }
    for (i, (_, _, line)) in functions.iter().enumerate() {
        let id = i as u64 + 1;
        out.message(4, |place| {
            place.number(1, id);
            place.message(4, |entry| {
                entry.number(1, id);
                entry.number(2, u64::from(line.unwrap_or(0)));
            });
        });
    }
    for (i, (name, file, line)) in functions.iter().enumerate() {
        let (name, file) = (strings.id(name), strings.id(file.unwrap_or_default()));
        out.message(5, |function| {
            function.number(1, i as u64 + 1);
            function.number(2, name);
            function.number(3, name);
            function.number(4, file);
            function.number(5, u64::from(line.unwrap_or(0)));
        });
    }
    let time = strings.id("time");
    strings.list.iter().for_each(|text| out.raw(6, text.as_bytes()));
    let taken_at = profile.taken_at.parse::<jiff::Timestamp>().ok();
    let taken_ns = taken_at.and_then(|at| u64::try_from(at.as_nanosecond()).ok());
    out.number(9, taken_ns.unwrap_or(0));
    out.number(10, profile.wall_ns);
    out.number(14, time);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&out.bytes).and_then(|()| gzip.finish()).expect("memory takes every byte")
}
