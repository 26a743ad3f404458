//! What `cargo metadata` says about the workspace and everything it is built from.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;
use crate::process;

/// When a dependency is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Normal,
    Build,
    Dev,
}

/// A package of the workspace or of a registry.
#[derive(Debug, Clone, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// SPDX expression.
    pub(super) license: Option<String>,
    /// `None` for packages of the workspace.
    pub(super) source: Option<String>,
    /// `[package.metadata.backcast] layer`
    pub(super) layer: Option<u64>,
    /// Ids of what it really uses on this platform with the features chosen here.
    pub(super) uses: Vec<(String, BTreeSet<Kind>)>,
}

/// All packages by id, and which of them are ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Metadata {
    pub(super) packages: BTreeMap<String, Package>,
    pub(super) members: Vec<String>,
}

impl Metadata {
    /// Asks cargo, for the platform of this machine.
    pub(super) fn read() -> Result<Self, String> {
        let version = process::capture(process::cargo(["-vV"]).env_remove("RUSTFLAGS"))?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or("`cargo -vV` names no host")?;
        let text = process::capture(&mut process::cargo([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            host,
        ]))?;
        Ok(Self::from_json(&Json::parse(&text)?))
    }

    pub(super) fn from_json(json: &Json) -> Self {
        let mut packages = BTreeMap::new();
        for package in json.get("packages").items() {
            let text = |name: &str| package.get(name).text().map(str::to_string);
            packages.insert(
                text("id").unwrap_or_default(),
                Package {
                    name: text("name").unwrap_or_default(),
                    version: text("version").unwrap_or_default(),
                    license: text("license"),
                    source: text("source"),
                    layer: package.get("metadata").get("backcast").get("layer").whole(),
                    uses: Vec::new(),
                },
            );
        }
        for node in json.get("resolve").get("nodes").items() {
            if let Some(package) = packages.get_mut(node.get("id").text().unwrap_or_default()) {
                package.uses = node.get("deps").items().iter().map(edge).collect();
            }
        }
        let members = json.get("workspace_members").items();
        Self {
            packages,
            members: members.iter().filter_map(|id| id.text().map(str::to_string)).collect(),
        }
    }

    /// Packages of the workspace, by id.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.members.iter().filter_map(|id| self.packages.get(id))
    }

    /// Ids of everything reached from `starts` over edges of these kinds, the starts included.
    pub(super) fn reach(&self, starts: &[&str], kinds: &[Kind]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<String> = starts.iter().map(ToString::to_string).collect();
        while let Some(id) = waiting.pop() {
            let Some(package) = self.packages.get(&id) else { continue };
            for (used, how) in &package.uses {
                if kinds.iter().any(|kind| how.contains(kind)) {
                    waiting.extend((!found.contains(used)).then(|| used.clone()));
                }
            }
            found.insert(id);
        }
        found
    }
}

fn edge(dependency: &Json) -> (String, BTreeSet<Kind>) {
    let kinds =
        dependency.get("dep_kinds").items().iter().map(|kind| match kind.get("kind").text() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        });
    (dependency.get("pkg").text().unwrap_or_default().to_string(), kinds.collect())
}

/// What is compiled for one of our packages, build scripts included: `name version`, each once.
pub(super) fn compiled_for(package: &str) -> Result<BTreeSet<String>, String> {
    // `cargo metadata` unites the features of the whole workspace, `cargo tree` those of one package.
    let text = process::capture(&mut process::cargo([
        "tree",
        "--locked",
        "--package",
        package,
        "--edges=normal,build",
        "--prefix=none",
    ]))?;
    let words = text.lines().map(|line| line.split_whitespace().take(2));
    let names = words.map(|words| words.collect::<Vec<_>>().join(" "));
    Ok(names.filter(|name| !name.is_empty()).collect())
}
