//! Which node a span continues, by the node around it and its site.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::atomic::Ordering,
};

use crate::arena::{Arena, MOST_NODES, Node, ROOT};

/// The site of calls that found no room for a path of their own.
pub(crate) const OTHER_PATHS: u32 = crate::site::DELAYED;

/// The nodes found so far.
#[derive(Debug, Default)]
pub(crate) struct Paths(HashMap<(u32, u32), u32, BuildHasherDefault<PathHasher>>);

impl Arena {
    /// The node of a span below a node: that of an open span of the same site, else a child, made where it is new; nothing where not
    /// even the node for all others can be made. The owner alone.
    pub(crate) fn path(&self, around: u32, site: u32, now: u64) -> Option<&Node> {
        // Nobody else locks it, unless the program allocates by spans of its own.
        let mut paths = self.paths.try_lock().ok()?;
        if let Some(known) = paths.0.get(&(around, site)) {
            return self.node(*known);
        }
        let node = match self.open_span_of(around, site) {
            Some(outer) => self.node(outer)?,
            // The last place is kept for all that find none.
            None if self.len() + 1 < MOST_NODES => self.push(around, site)?,
            None => {
                self.folded.store(self.folded.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                return match paths.0.get(&(ROOT, OTHER_PATHS)) {
                    Some(known) => self.node(*known),
                    None => {
                        let node = self.push_other_paths(now)?;
                        paths.0.insert((ROOT, OTHER_PATHS), node.index);
                        Some(node)
                    }
                };
            }
        };
        paths.0.insert((around, site), node.index);
        self.owner_bytes.store(paths.bytes() as u64, Ordering::Relaxed);
        Some(node)
    }

    /// The node on the way to the root that belongs to the same site. All nodes on that way are open.
    fn open_span_of(&self, around: u32, site: u32) -> Option<u32> {
        let mut at = around;
        while at != ROOT {
            let here = self.node(at)?;
            if here.site.load(Ordering::Relaxed) == site {
                return Some(at);
            }
            at = here.parent.load(Ordering::Relaxed);
        }
        None
    }
}

impl Paths {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn bytes(&self) -> usize {
        self.0.capacity() * 8 / 7 * (size_of::<((u32, u32), u32)>() + 1)
    }
}

/// Spreads two small numbers by one multiplication.
#[derive(Debug, Default)]
struct PathHasher(u64);

impl Hasher for PathHasher {
    fn finish(&self) -> u64 {
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        spread ^ (spread >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 << 32) ^ (self.0 >> 32).wrapping_mul(31) ^ u64::from(number);
    }
}
