//! Paths that the documents name must exist: a map of a tree that has moved on is worse than none.

use std::path::Path;

/// What makes a word in backquotes a path of this repository.
const FOLDERS: [&str; 7] =
    ["crates/", "examples/", "python/", "xtask/", "docs/", ".ci/", ".cargo/"];

/// One line for each path or relative link in a Markdown text that does not exist below `root`.
pub(super) fn check(root: &Path, name: &str, text: &str) -> Vec<String> {
    let folder = root.join(name).parent().map_or_else(|| root.to_path_buf(), Path::to_path_buf);
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|word| {
            FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains(['*', ' ', '{'])
        });
        let missing = paths.filter(|path| !exists(root, path));
        faults.extend(
            missing.map(|path| format!("{name}:{number} names `{path}`, which is not there")),
        );
        for link in links(line) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains(':') && !folder.join(file).exists() {
                faults.push(format!("{name}:{number} links to {link}, which is not there"));
            }
        }
    }
    faults
}

/// A path, or `path::name` for a test or other function in a file.
fn exists(root: &Path, path: &str) -> bool {
    let Some((file, function)) = path.split_once("::") else {
        return root.join(path).exists();
    };
    let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
    ["fn", "def"].iter().any(|word| text.contains(&format!("{word} {function}(")))
}

/// Targets of `[text](target)` in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::process;

    #[test]
    fn missing_paths_and_links_are_named_with_their_line() {
        let faults = |text: &str| check(&process::root(), "README.md", text);
        assert!(
            faults("`xtask/src/main.rs`, `cargo run`, [x](Cargo.toml#a), [y](https://a.b/)")
                .is_empty()
        );
        assert!(faults("`crates/*/src` and `xtask/ is std only`").is_empty());
        assert_eq!(faults("fine\n`xtask/src/gone.rs`")[0].split(' ').next(), Some("README.md:2"));
        assert!(faults("`xtask/src/check.rs::run`").is_empty());
        assert_eq!(faults("`xtask/src/check.rs::walk`").len(), 1);
        assert_eq!(faults("[x](GONE.md)").len(), 1);
    }
}
