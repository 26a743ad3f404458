//! What is wrong with a text that should have been JSON of ours, for whoever has the file: places and names, nothing of our types.

use serde_json::error::Category;

/// Why a text was not understood.
pub(crate) fn told(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax | Category::Io => format!("it cannot be read from {place} on"),
        Category::Data => match lacking(&error.to_string()) {
            Some(name) => format!("it lacks `{name}`, at {place}"),
            None => format!("what stands at {place} is not what belongs there"),
        },
    }
}

/// The name of a field that is not there.
fn lacking(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_place_and_name() {
        #[derive(Debug, serde::Deserialize)]
        struct Thing {
            #[expect(dead_code, reason = "only read")]
            runs: u32,
        }
        let fault = |text: &str| told(&serde_json::from_str::<Thing>(text).unwrap_err());
        assert_eq!(fault("{\"runs\": 1"), "it ends too early");
        assert_eq!(fault("runs"), "it cannot be read from line 1, column 1 on");
        assert_eq!(fault("{}"), "it lacks `runs`, at line 1, column 2");
        let other = "what stands at line 1, column 11 is not what belongs there";
        assert_eq!(fault("{\"runs\":\"a\"}"), other);
    }
}
