//! What a command printed, without ever holding more than its two ends.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use serde::{Deserialize, Serialize};

/// What becomes of a stream of the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Capture {
    /// It goes to `/dev/null`; some programs notice and do less.
    #[default]
    Discard,
    /// It is read, counted and hashed; so many bytes of each end are kept.
    Ends(usize),
    /// It goes where the output of this process goes.
    Inherit,
}

/// A stream that was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Length of all of it.
    pub bytes: u64,
    /// blake3 of all of it, in hexadecimal.
    pub digest: String,
    /// Its beginning.
    pub first: Vec<u8>,
    /// Its end, as far as it is not part of the beginning.
    pub last: Vec<u8>,
}

impl Captured {
    /// Reads a stream to its end; keeps so many bytes of each end.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn read(mut stream: impl Read, keep: usize) -> io::Result<Captured> {
        let mut hasher = blake3::Hasher::new();
        let mut captured = Captured::default();
        // Its front goes as its back grows, which in a plain vector would move all of it each time.
        let mut last = VecDeque::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let got = match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => &buffer[..got],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(got);
            captured.bytes += got.len() as u64;
            let room = (keep - captured.first.len()).min(got.len());
            captured.first.extend_from_slice(&got[..room]);
            last.extend(&got[room..]);
            let surplus = last.len().saturating_sub(keep);
            last.drain(..surplus);
        }
        captured.last = last.into();
        captured.digest = hasher.finalize().to_hex().to_string();
        Ok(captured)
    }

    /// All of it, where nothing between the ends is missing.
    pub fn whole(&self) -> Option<Vec<u8>> {
        let kept = self.first.len() + self.last.len();
        (kept as u64 == self.bytes).then(|| [&self.first[..], &self.last[..]].concat())
    }

    /// The last lines of it, for messages.
    pub fn tail(&self, lines: usize) -> String {
        let kept = [&self.first[..], &self.last[..]].concat();
        let text = String::from_utf8_lossy(&kept);
        let all: Vec<&str> = text.trim_end().lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stream_keeps_its_two_ends_and_its_digest() {
        let text: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
        let captured = Captured::read(&text[..], 100).unwrap();
        assert_eq!((captured.bytes, captured.whole()), (300_000, None));
        assert_eq!(captured.first, &text[..100]);
        assert_eq!(captured.last, &text[text.len() - 100..]);
        assert_eq!(captured.digest, blake3::hash(&text).to_hex().to_string());
    }

    #[test]
    fn a_short_stream_is_kept_whole() {
        let captured = Captured::read(&b"one\ntwo\nthree\n"[..], 8).unwrap();
        assert_eq!(captured.whole().unwrap(), b"one\ntwo\nthree\n");
        assert_eq!(captured.tail(2), "two\nthree");
    }
}
