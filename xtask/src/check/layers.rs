//! Crates use lower layers only, never their own: `STYLE`'s table, kept by `[package.metadata.backcast]`.

use super::metadata::{Kind, Metadata};

/// Serves tests: anyone may use it, as a dev-dependency alone.
const TESTKIT: &str = "backcast-testkit";
/// Not part of the product, so it has no layer.
const CHORES: &str = "xtask";

/// One line for each dependency that points upwards or sideways.
pub(super) fn check(metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata.ours().filter(|package| package.name != CHORES) {
        let Some(layer) = package.layer else {
            faults.push(format!(
                "{}: Cargo.toml lacks `[package.metadata.backcast] layer = N`",
                package.name
            ));
            continue;
        };
        for (used, kinds) in &package.uses {
            let Some(used) = metadata.packages.get(used).filter(|used| used.source.is_none())
            else {
                continue;
            };
            let only_in_tests = !kinds.contains(&Kind::Normal) && !kinds.contains(&Kind::Build);
            if used.name == TESTKIT {
                if !only_in_tests {
                    faults.push(format!("{}: {TESTKIT} serves tests only", package.name));
                }
            } else if used.layer.is_none_or(|below| below >= layer) {
                faults.push(format!(
                    "{} (layer {layer}) uses {} (layer {}); only lower layers may be used",
                    package.name,
                    used.name,
                    used.layer.map_or("?".to_string(), |layer| layer.to_string()),
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::metadata::Metadata;
    use crate::json::Json;

    /// A workspace of `a` (layer 1) and `b` (layer `b_layer`), where `a` uses `used`.
    fn faults(b_layer: &str, used: &str, kind: &str) -> Vec<String> {
        let text = format!(
            r#"{{"packages": [
                {{"id": "a", "name": "a", "metadata": {{"backcast": {{"layer": 1}}}}}},
                {{"id": "b", "name": "b", "metadata": {b_layer}}},
                {{"id": "t", "name": "backcast-testkit", "metadata": {{"backcast": {{"layer": 5}}}}}}],
              "workspace_members": ["a", "b", "t"],
              "resolve": {{"nodes": [
                {{"id": "a", "deps": [{{"pkg": "{used}", "dep_kinds": [{{"kind": {kind}}}]}}]}}]}}}}"#
        );
        check(&Metadata::from_json(&Json::parse(&text).unwrap()))
    }

    #[test]
    fn a_lower_layer_may_be_used_but_not_the_own_or_a_higher_one() {
        let layer = |layer: u32| format!(r#"{{"backcast": {{"layer": {layer}}}}}"#);
        assert!(faults(&layer(0), "b", "null").is_empty());
        assert_eq!(faults(&layer(1), "b", "null").len(), 1);
        assert_eq!(faults(&layer(2), "b", "\"build\"").len(), 1);
        assert_eq!(faults(&layer(2), "b", "\"dev\"").len(), 1);
    }

    #[test]
    fn the_testkit_is_for_tests_and_every_crate_has_a_layer() {
        let zero = r#"{"backcast": {"layer": 0}}"#;
        assert!(faults(zero, "t", "\"dev\"").is_empty());
        assert_eq!(faults(zero, "t", "null").len(), 1);
        assert_eq!(faults("null", "t", "\"dev\"").len(), 1);
    }
}
