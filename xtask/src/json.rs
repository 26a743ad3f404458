//! A reader of JSON (RFC 8259), enough for what `cargo metadata` prints.

use std::collections::BTreeMap;

/// A JSON value; numbers keep their text, since nothing here calculates with them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads one value that fills the whole text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, length: text.len() };
        let value = reader.value()?;
        reader.space();
        if reader.rest.is_empty() { Ok(value) } else { Err(reader.error("end of text")) }
    }

    /// A member of an object, `Null` where there is none.
    pub(crate) fn get(&self, name: &str) -> &Self {
        match self {
            Self::Object(members) => members.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// The items of a list, none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    pub(crate) fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    length: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Json, String> {
        self.space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => Ok(self.number()),
            _ => self.word(),
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut members = BTreeMap::new();
        self.take("{")?;
        while !self.closes("}", members.is_empty())? {
            self.space();
            let name = self.string()?;
            self.space();
            self.take(":")?;
            members.insert(name, self.value()?);
        }
        Ok(Json::Object(members))
    }

    fn list(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        self.take("[")?;
        while !self.closes("]", items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Json::List(items))
    }

    /// True at the closing bracket; otherwise takes the comma that must stand before a further item.
    fn closes(&mut self, bracket: &str, first: bool) -> Result<bool, String> {
        self.space();
        if let Some(rest) = self.rest.strip_prefix(bracket) {
            self.rest = rest;
            return Ok(true);
        }
        if !first {
            self.take(",")?;
        }
        Ok(false)
    }

    fn string(&mut self) -> Result<String, String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            let end = self.rest.find(['"', '\\']).ok_or_else(|| self.error("a closing quote"))?;
            text.push_str(&self.rest[..end]);
            let escaped = self.rest.as_bytes()[end] == b'\\';
            self.rest = &self.rest[end + 1..];
            if !escaped {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    /// The character after a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let letter = self.rest.chars().next().ok_or_else(|| self.error("an escape"))?;
        self.rest = &self.rest[letter.len_utf8()..];
        Ok(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&high) {
                    self.take("\\u")?;
                    let low = self.hex()?;
                    0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff)
                } else {
                    high
                };
                char::from_u32(code).ok_or_else(|| self.error("a character code"))?
            }
            _ => return Err(self.error("an escape")),
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.rest.get(..4).ok_or_else(|| self.error("four hex digits"))?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| self.error("four hex digits"))?;
        self.rest = &self.rest[4..];
        Ok(code)
    }

    fn number(&mut self) -> Json {
        let end = self
            .rest
            .find(|letter: char| !(letter.is_ascii_digit() || "+-.eE".contains(letter)))
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        Json::Number(number.to_string())
    }

    fn word(&mut self) -> Result<Json, String> {
        for (word, value) in
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(self.error("a value"))
    }

    fn take(&mut self, expected: &str) -> Result<(), String> {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.error(expected)),
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    fn error(&self, expected: &str) -> String {
        format!("bad JSON at byte {}: expected {expected}", self.length - self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn nested_values_escapes_and_surrogates_are_read() {
        let value = Json::parse(
            r#" {"a": [1, -2.5e3, true, null, {}], "b": "q\"\u0041\ud83d\ude00\n", "c": []} "#,
        )
        .unwrap();
        assert_eq!(value.get("a").items()[0].whole(), Some(1));
        assert_eq!(value.get("a").items()[2], Json::Bool(true));
        assert_eq!(value.get("a").items()[4], Json::Object(std::collections::BTreeMap::new()));
        assert_eq!(value.get("b").text(), Some("q\"A\u{1f600}\n"));
        assert!(value.get("missing").items().is_empty());
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        for (text, place) in [("[1 2]", "byte 3"), ("{\"a\"}", "byte 4"), ("[1] x", "byte 4")] {
            let error = Json::parse(text).unwrap_err();
            assert!(error.contains(place), "{text}: {error}");
        }
        for text in ["", "[", "\"a", "\"\\u12", "{\"a\":", "nul", "\"\\ud800x\""] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
