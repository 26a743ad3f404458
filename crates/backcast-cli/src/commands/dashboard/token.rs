//! The secret in the address of the page.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Random bytes of a token.
const BYTES: usize = 16;

/// 128 random bits as 32 hex digits.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A fresh one, from the system's source of randomness.
    pub(super) fn new() -> io::Result<Token> {
        let mut bytes = [0; BYTES];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// One that was kept; `None` where it is missing, malformed, or open to other users.
    pub(super) fn read(path: &Path) -> Option<Token> {
        let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        if metadata.permissions().mode() & 0o077 != 0 || metadata.len() > 64 {
            return None;
        }
        let text = fs::read_to_string(path).ok()?.trim().to_owned();
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 2 * BYTES && text.bytes().all(hex)).then_some(Token(text))
    }

    /// Keeps it, for its owner's eyes alone.
    pub(super) fn keep(&self, path: &Path) -> io::Result<()> {
        let aside = path.with_extension(format!("{}.part", std::process::id()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            writeln!(file, "{}", self.0)?;
            fs::rename(&aside, path)
        };
        write().inspect_err(|_| {
            // The error is what matters; a leftover that cannot be removed was not written either.
            let _ = fs::remove_file(&aside);
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is this one, found out in a time that does not tell how much of it is right.
    pub(super) fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let differing = own.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
        own.len() == given.len() && std::hint::black_box(differing) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_unless_others_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".backcast/dashboard.token");
        assert!(Token::read(&path).is_none());
        let token = Token::new().unwrap();
        token.keep(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Token::read(&path).is_some_and(|found| found.is(token.text())));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Token::read(&path).is_none());
        for text in ["", "abc", "../../../../../../../../../etc/pass", &"Z".repeat(32)] {
            fs::remove_file(&path).unwrap();
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
            write!(file, "{text}").unwrap();
            assert!(Token::read(&path).is_none(), "{text}");
        }
    }

    #[test]
    fn a_token_is_itself_alone() {
        let token = Token::new().unwrap();
        let text = token.text().to_owned();
        assert!(token.is(&text) && text.len() == 32);
        assert!(!token.is(&text[..31]) && !token.is("") && !token.is(&format!("{text}0")));
        let last = if text.ends_with('0') { "1" } else { "0" };
        assert!(!token.is(&(text[..31].to_owned() + last)));
        assert!(!token.is(Token::new().unwrap().text()));
    }
}
