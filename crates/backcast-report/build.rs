//! Takes plotly's chart script out of the `plotly` crate and leaves it gzipped in `OUT_DIR`.
//!
//! `Plot::offline_js_sources()` gives two script tags, plotly and MathJax; the page uses the first only.

use std::io::Write;
use std::path::PathBuf;

const TAG: &str = "<script type=\"text/javascript\">";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let tags = plotly::Plot::offline_js_sources();
    let script = first_script(&tags).expect("the plotly crate gives its script in the first tag");
    assert!(script.contains("plotly.js v"), "the first script of the plotly crate is plotly.js");

    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let file = std::fs::File::create(out.join("plotly.min.js.gz")).expect("OUT_DIR is writable");
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    gzip.write_all(script.as_bytes()).and_then(|()| gzip.finish()).expect("OUT_DIR has room");
}

/// What stands between the first script tag and its end, which is the last end before the second tag.
fn first_script(tags: &str) -> Option<&str> {
    let after = &tags[tags.find(TAG)? + TAG.len()..];
    let first = &after[..after.find(TAG)?];
    Some(&first[..first.rfind("</script>")?])
}
