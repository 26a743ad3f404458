//! Places in a program where spans begin.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    delay::Delays,
    digest::{DigestSet, Sighting},
};

/// A number that no site has.
pub(crate) const NO_SITE: u32 = 0;

/// One place in a program where spans begin. [`span!`](crate::span) makes one of each of its uses.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
    /// 0 until the first span begins here.
    number: AtomicU32,
    /// What spans with a digest have seen.
    digests: Mutex<Option<Box<DigestSet>>>,
}

impl Site {
    /// A place, by the name of its spans.
    #[must_use]
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Site {
        let digests = Mutex::new(None);
        Site { name, file, line, number: AtomicU32::new(NO_SITE), digests }
    }

    /// The place for a name, file and line that are known only while the program runs. The same three give
    /// the same place; each new one stays in memory until the program ends.
    #[must_use]
    pub fn named(name: &str, file: &str, line: u32) -> &'static Site {
        type Named = HashMap<(&'static str, &'static str, u32), &'static Site>;
        static NAMED: OnceLock<Mutex<Named>> = OnceLock::new();
        let mut named = lock(NAMED.get_or_init(Mutex::default));
        if let Some(site) = named.get(&(name, file, line)) {
            return site;
        }
        let name: &'static str = Box::leak(name.into());
        let file: &'static str = Box::leak(file.into());
        let site: &'static Site = Box::leak(Box::new(Site::new(name, file, line)));
        named.insert((name, file, line), site);
        site
    }

    /// Its number; [`NO_SITE`] until it has one.
    #[inline(always)]
    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    /// Whether arguments with this digest were seen here before; nothing where they are not among those counted.
    pub(crate) fn seen(&'static self, digest: u64) -> Option<Sighting> {
        lock(&self.digests).get_or_insert_default().see(digest)
    }

    /// Gives it a number, if it has none yet.
    #[cold]
    pub(crate) fn enrol(&'static self) -> u32 {
        let mut sites = lock(&SITES);
        let known = self.number.load(Ordering::Relaxed);
        if known != NO_SITE {
            return known;
        }
        let delay_ns = sites.delays.of(self.name);
        sites.all.push(Enrolled { site: self, delay_ns });
        let number = sites.all.len() as u32 | if delay_ns > 0 { DELAYED } else { 0 };
        self.number.store(number, Ordering::Relaxed);
        number
    }
}

/// Marks the numbers of sites whose spans are made longer.
pub(crate) const DELAYED: u32 = 1 << 31;

/// What is known of a site once it was used.
#[derive(Debug)]
struct Enrolled {
    site: &'static Site,
    delay_ns: u64,
}

#[derive(Debug)]
struct Sites {
    all: Vec<Enrolled>,
    delays: Delays,
}

static SITES: Mutex<Sites> = Mutex::new(Sites { all: Vec::new(), delays: Delays::none() });

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sites {
    fn get(&mut self, number: u32) -> Option<&mut Enrolled> {
        self.all.get_mut((number & !DELAYED).wrapping_sub(1) as usize)
    }
}

/// Name, file and line of a site.
pub(crate) fn place_of(number: u32) -> (&'static str, &'static str, u32) {
    match lock(&SITES).get(number) {
        Some(enrolled) => (enrolled.site.name, enrolled.site.file, enrolled.site.line),
        None => ("", "", 0),
    }
}

/// How much longer the spans of a site shall be.
pub(crate) fn delay_of(number: u32) -> u64 {
    lock(&SITES).get(number).map_or(0, |enrolled| enrolled.delay_ns)
}

/// Says which spans shall be longer from now on. Sites already in use keep their numbers.
pub(crate) fn set_delays(delays: Delays) {
    let mut sites = lock(&SITES);
    for index in 0..sites.all.len() {
        let site = sites.all[index].site;
        let delay_ns = delays.of(site.name);
        sites.all[index].delay_ns = delay_ns;
        let mark = if delay_ns > 0 { DELAYED } else { 0 };
        site.number.store((index as u32 + 1) | mark, Ordering::Relaxed);
    }
    sites.delays = delays;
}

/// Forgets all arguments seen.
pub(crate) fn forget_digests() {
    for enrolled in &lock(&SITES).all {
        *lock(&enrolled.site.digests) = None;
    }
}

/// Bytes that sites use for the digests seen.
pub(crate) fn digest_bytes() -> usize {
    let bytes = |site: &'static Site| lock(&site.digests).as_ref().map_or(0, |set| set.bytes());
    lock(&SITES).all.iter().map(|enrolled| bytes(enrolled.site)).sum()
}

/// Names of spans that are made longer, and by how many nanoseconds.
pub(crate) fn delays() -> Vec<(String, u64)> {
    lock(&SITES).delays.all().to_vec()
}
