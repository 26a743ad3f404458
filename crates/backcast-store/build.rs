//! Compresses the sample's price files into the program.

use std::{env, fs, io::Write, path::Path};

use flate2::{Compression, write::DeflateEncoder};

const SYMBOLS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    for symbol in SYMBOLS {
        let source = format!("sample/{symbol}.csv");
        println!("cargo::rerun-if-changed={source}");
        let text = fs::read(&source).expect("the sample is part of the repository");
        let target = Path::new(&out).join(format!("{symbol}.csv.deflate"));
        let file = fs::File::create(target).expect("OUT_DIR can be written");
        let mut encoder = DeflateEncoder::new(file, Compression::best());
        encoder.write_all(&text).and_then(|()| encoder.finish()).expect("OUT_DIR can be written");
    }
}
