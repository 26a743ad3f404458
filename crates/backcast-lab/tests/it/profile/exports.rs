//! What other viewers read, read back.

use std::{collections::HashMap, io::Read, path::Path};

use backcast_lab::profile::export::{Export, Shown, firefox, folded, markdown, pprof, speedscope};
use serde_json::Value;

use super::example;

#[test]
fn the_ending_of_a_file_says_its_format() {
    let of = |name: &str| Export::of_path(Path::new(name));
    assert_eq!(of("a.speedscope.json"), Some(Export::Speedscope));
    assert_eq!(of("a.firefox.json"), Some(Export::Firefox));
    assert_eq!(of("a.json"), Some(Export::Json));
    assert_eq!((of("a.pb.gz"), of("a.pprof")), (Some(Export::Pprof), Some(Export::Pprof)));
    assert_eq!((of("a.md"), of("A.FOLDED")), (Some(Export::Markdown), Some(Export::Folded)));
    assert_eq!((of("a.svg"), of("a")), (None, None));
}

#[test]
fn folded_stacks_have_no_stray_separators_and_add_up() {
    let text = folded(&example());
    assert!(text.contains("main;engine.run;engine.fill_orders;engine.fill_orders 100000\n"));
    assert!(text.contains("main;engine.run;rules.<b>series</b>:|x 150000\n"));
    let times = text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
    assert_eq!(times.sum::<u64>(), 1_000_000);
}

#[test]
fn speedscope_gets_its_required_fields_and_all_time() {
    let file: Value = serde_json::from_str(&speedscope(&example())).unwrap();
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let profile = &file["profiles"][0];
    assert_eq!(
        (profile["type"].as_str(), profile["unit"].as_str()),
        (Some("sampled"), Some("nanoseconds"))
    );
    let weights: Vec<u64> = serde_json::from_value(profile["weights"].clone()).unwrap();
    let samples: Vec<Vec<usize>> = serde_json::from_value(profile["samples"].clone()).unwrap();
    assert_eq!(weights.len(), samples.len());
    assert_eq!(weights.iter().sum::<u64>(), 1_000_000);
    assert_eq!(profile["endValue"], 1_000_000);
    let frames = file["shared"]["frames"].as_array().unwrap();
    assert!(samples.iter().flatten().all(|frame| *frame < frames.len()));
    assert!(frames.iter().any(|frame| frame["name"] == "data.load" && frame["line"] == 5));
}

#[test]
fn firefox_gets_tables_of_equal_length_that_point_into_each_other() {
    let file: Value = serde_json::from_str(&firefox(&example())).unwrap();
    assert_eq!(file["meta"]["preprocessedProfileVersion"], 62);
    let shared = &file["shared"];
    for table in ["frameTable", "funcTable", "stackTable", "sources"] {
        let length = shared[table]["length"].as_u64().unwrap() as usize;
        for (name, column) in shared[table].as_object().unwrap() {
            if let Some(column) = column.as_array() {
                assert_eq!(column.len(), length, "{table}.{name}");
            }
        }
    }
    let samples = &file["threads"][0]["samples"];
    let length = samples["length"].as_u64().unwrap() as usize;
    for column in ["stack", "timeDeltas", "weight", "threadCPUDelta"] {
        assert_eq!(samples[column].as_array().unwrap().len(), length, "{column}");
    }
    let weight: f64 =
        samples["weight"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).sum();
    assert!((weight - 1.0).abs() < 1e-9, "one millisecond in all: {weight}");
    let string = |id: &Value| shared["stringArray"][id.as_u64().unwrap() as usize].clone();
    let stack = samples["stack"].as_array().unwrap()[1].as_u64().unwrap() as usize;
    let frame = shared["stackTable"]["frame"][stack].as_u64().unwrap() as usize;
    assert_eq!(string(&shared["funcTable"]["name"][frame]), "engine.fill_orders");
    let prefix = shared["stackTable"]["prefix"][stack].as_u64().unwrap() as usize;
    assert!(prefix < stack, "callers stand before what they call");
}

/// The fields of a message: number and value, or bytes.
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (inner, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(inner.to_vec())
            }
            other => panic!("unexpected wire type {other}"),
        };
        all.push((key >> 3, field));
    }
    all
}

fn inner(all: &[(u64, Field)], number: u64) -> Vec<&[u8]> {
    let of_number = all.iter().filter(|(field, _)| *field == number);
    of_number
        .map(|(_, field)| match field {
            Field::Bytes(bytes) => bytes.as_slice(),
            Field::Number(_) => panic!("field {number} is a number"),
        })
        .collect()
}

fn number(bytes: &[u8], wanted: u64) -> u64 {
    let found = fields(bytes).into_iter().find(|(field, _)| *field == wanted);
    match found {
        Some((_, Field::Number(value))) => value,
        _ => 0,
    }
}

fn packed(bytes: &[u8]) -> Vec<u64> {
    let mut bytes = bytes;
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(varint(&mut bytes));
    }
    all
}

#[test]
fn pprof_decodes_to_the_same_stacks_and_times() {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&pprof(&example())[..]).read_to_end(&mut bytes).unwrap();
    let all = fields(&bytes);
    let strings: Vec<String> =
        inner(&all, 6).iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect();
    assert_eq!(strings[0], "");
    let functions: HashMap<u64, String> = inner(&all, 5)
        .iter()
        .map(|function| (number(function, 1), strings[number(function, 2) as usize].clone()))
        .collect();
    let places: HashMap<u64, u64> = inner(&all, 4)
        .iter()
        .map(|place| {
            let lines = fields(place);
            (number(place, 1), number(inner(&lines, 4)[0], 1))
        })
        .collect();
    let types: Vec<(String, String)> = inner(&all, 1)
        .iter()
        .map(|kind| {
            (strings[number(kind, 1) as usize].clone(), strings[number(kind, 2) as usize].clone())
        })
        .collect();
    assert_eq!(types[1], ("time".to_owned(), "nanoseconds".to_owned()));
    let mut total = 0;
    let mut stacks = Vec::new();
    for sample in inner(&all, 2) {
        let sample = fields(sample);
        let stack: Vec<&str> = packed(inner(&sample, 1)[0])
            .iter()
            .map(|place| functions[&places[place]].as_str())
            .collect();
        total += packed(inner(&sample, 2)[0])[1];
        stacks.push(stack.join(" < "));
    }
    assert_eq!(total, 1_000_000);
    assert!(
        stacks.contains(&"engine.fill_orders < engine.fill_orders < engine.run < main".to_owned())
    );
    assert_eq!(number(&bytes, 10), 1_000_000);
}

#[test]
fn markdown_lists_what_is_large_enough_and_is_no_markup() {
    let text = markdown(&example(), &Shown { min_share: 0.005 });
    assert!(text.contains("| 30.00 % | 75.00 % |"), "{text}");
    assert!(text.contains("rules.&lt;b&gt;series&lt;/b&gt;;\\|x"));
    assert!(!text.contains("<b>"));
    let brief = markdown(&example(), &Shown { min_share: 0.18 });
    assert!(!brief.contains("series") && brief.contains("smaller call paths"), "{brief}");
}
