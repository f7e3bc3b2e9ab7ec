//! What the unit remembers: context entries, PASID entries, pages, and tables on the way to pages.
//!
//! All are [`Table`]s. An invalidation of a domain or a PASID adds one to a counter ([`Generations`]); one of single
//! pages looks where they would lie. Requests in flight are drained by a wait ([`InFlight`]).

mod device;
mod flight;
mod generations;
#[cfg(all(test, loom))]
mod model;
mod table;

use crate::counters::{CacheCounters, Count, Shards};
use crate::hw::{ContextEntry, PasidEntry};
use crate::sync::{AtomicU64, Ordering};
use crate::walk::{Domain, FirstTable, Page, Resolved, SecondLeaf, Shortcuts, Stage, rights};
pub(crate) use device::DeviceTlb;
pub(crate) use flight::{InFlight, Snapshot, Token};
use generations::Generations;
use table::{Found, Key, Put, Table};

/// How many entries each cache has room for, rounded up to a power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSizes {
    /// Context entries.
    pub context: usize,
    /// PASID table entries.
    pub pasid: usize,
    /// Pages of any size.
    pub iotlb: usize,
    /// Tables on the way to pages; 0 for no such cache.
    pub paging: usize,
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self { context: 64, pasid: 256, iotlb: 4096, paging: 1024 }
    }
}

const USED: u64 = 1 << 63;
const TAGGED: u64 = 1 << 62;
/// An invalidation of more pages than this becomes one of the whole PASID.
const PAGES: u64 = 64;
const SHIFTS: [u8; 3] = [12, 21, 30];

pub(crate) struct Caches {
    contexts: Table<4>,
    pasids: Table<3>,
    pages: Table<1>,
    paging: Option<Table<1>>,
    context_ages: Generations,
    pasid_ages: Generations,
    page_ages: Generations,
    /// Bit N: some page of 2^N bytes was cached.
    shifts: AtomicU64,
    pub(crate) counters: Shards,
}

/// The caches as a request sees them: what it finds in memory is remembered only if nothing was invalidated since it
/// began.
pub(crate) struct View<'a> {
    caches: &'a Caches,
    pub(crate) counters: &'a CacheCounters,
    contexts: u64,
    pasids: u64,
    pages: u64,
}

fn tagged(of: u8, domain: u16, pasid: u32, number: u64) -> Key {
    [USED | TAGGED | u64::from(of) << 40 | u64::from(pasid) << 16 | u64::from(domain), number]
}

/// Whether one counter ends both.
#[inline]
fn same_space(one: Key, other: Key) -> bool {
    const SPACE: u64 = TAGGED | 0xff_ffff_ffff;
    (one[0] ^ other[0]) & SPACE == 0
}

fn untagged(of: u8, domain: u16, number: u64) -> Key {
    [USED | u64::from(of) << 40 | u64::from(domain), number]
}

impl Caches {
    pub(crate) fn new(sizes: CacheSizes) -> Self {
        Self {
            contexts: Table::new(sizes.context),
            pasids: Table::new(sizes.pasid),
            pages: Table::new(sizes.iotlb),
            paging: (sizes.paging > 0).then(|| Table::new(sizes.paging)),
            context_ages: Generations::new(),
            pasid_ages: Generations::new(),
            page_ages: Generations::new(),
            shifts: AtomicU64::new(0),
            counters: Shards::default(),
        }
    }

    /// To be taken before any table in memory is read.
    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        View {
            caches: self,
            counters: self.counters.mine(),
            contexts: self.context_ages.epoch(),
            pasids: self.pasid_ages.epoch(),
            pages: self.page_ages.epoch(),
        }
    }

    /// The stamp of now of a page or table.
    #[allow(clippy::cast_possible_truncation, reason = "the parts of a key")]
    #[inline]
    fn age(&self, key: Key) -> u64 {
        let domain = key[0] as u16;
        if key[0] & TAGGED != 0 {
            self.page_ages.tagged(domain, (key[0] >> 16) as u32 & 0xf_ffff)
        } else {
            self.page_ages.untagged(domain)
        }
    }

    #[inline]
    fn fresh(&self, table: &Table<1>, key: Key) -> Option<u64> {
        let Found { stamp, value: [word] } = table.get(key)?;
        (stamp == self.age(key)).then_some(word)
    }

    /// How many pages are cached, valid ones only.
    pub(crate) fn pages_held(&self) -> usize {
        self.pages.entries().iter().filter(|(key, found)| found.stamp == self.age(*key)).count()
    }

    pub(crate) fn end_contexts(&self) {
        self.counters.mine().context.invalidated();
        self.context_ages.end_all();
    }

    /// A device, and with `mask` of 1 to 3 also those that differ in the upper bits of the function.
    pub(crate) fn end_context(&self, source: u16, mask: u8) {
        self.counters.mine().context.invalidated();
        self.context_ages.end_epoch();
        // Function bits 2; 2:1; 2:0 are not looked at.
        let ignored: u16 = [0, 0b100, 0b110, 0b111].get(usize::from(mask)).copied().unwrap_or(0b111);
        for function in (0..8).filter(|function| function & !ignored == source & 7 & !ignored) {
            self.contexts.remove([USED | u64::from(source & !7 | function), 0]);
        }
    }

    pub(crate) fn end_pasids(&self) {
        self.counters.mine().pasid.invalidated();
        self.pasid_ages.end_all();
    }

    pub(crate) fn end_pasids_of(&self, domain: u16) {
        self.counters.mine().pasid.invalidated();
        self.pasid_ages.end_tagged(domain);
    }

    pub(crate) fn end_pasid(&self, domain: u16, pasid: u32) {
        self.counters.mine().pasid.invalidated();
        self.pasid_ages.end_pasid(domain, pasid);
    }

    pub(crate) fn end_pages(&self) {
        self.counters.mine().iotlb.invalidated();
        self.page_ages.end_all();
    }

    pub(crate) fn end_pages_of(&self, domain: u16) {
        self.counters.mine().iotlb.invalidated();
        self.page_ages.end_domain(domain);
    }

    pub(crate) fn end_pages_in(&self, domain: u16, pasid: u32) {
        self.counters.mine().iotlb.invalidated();
        self.page_ages.end_pasid(domain, pasid);
    }

    /// `2^order` pages of 4 KiB around `address`, of a PASID. With `leaf`, the tables on the way stay.
    pub(crate) fn end_range_in(&self, domain: u16, pasid: u32, address: u64, order: u8, leaf: bool) {
        self.counters.mine().iotlb.invalidated();
        let key = |of, number| tagged(of, domain, pasid, number);
        if !self.end_range(address, order, leaf, key) {
            self.page_ages.end_pasid(domain, pasid);
        }
    }

    /// `2^order` second-stage pages of 4 KiB around `address`. Which nested ones they are part of nobody knows: all of
    /// the domain's go.
    pub(crate) fn end_second_range(&self, domain: u16, address: u64, order: u8, leaf: bool) {
        self.counters.mine().iotlb.invalidated();
        self.page_ages.end_tagged(domain);
        if !self.end_range(address, order, leaf, |of, number| untagged(of, domain, number)) {
            self.page_ages.end_domain(domain);
        }
    }

    /// False if there are so many that it is cheaper to end them by counter.
    fn end_range(&self, address: u64, order: u8, leaf: bool, key: impl Fn(u8, u64) -> Key) -> bool {
        if order >= 52 || 1_u64 << order > PAGES {
            return false;
        }
        self.page_ages.end_epoch();
        let first = address & !((0x1000 << order) - 1);
        let last = first | ((0x1000 << order) - 1);
        let shifts = self.shifts.load(Ordering::Acquire);
        for shift in SHIFTS.into_iter().filter(|shift| shifts >> shift & 1 != 0) {
            for number in first >> shift..=last >> shift {
                self.pages.remove(key(shift, number));
            }
        }
        if let (Some(paging), false) = (&self.paging, leaf) {
            for level in 1..=4 {
                for number in first >> (12 + 9 * level)..=last >> (12 + 9 * level) {
                    paging.remove(key(level, number));
                }
            }
        }
        true
    }
}

impl View<'_> {
    /// Whether a table that was read can still be remembered.
    pub(crate) fn context(&self, source: u16) -> Option<ContextEntry> {
        let counter = &self.counters.context;
        let found = self.caches.contexts.get([USED | u64::from(source), 0]);
        let found = found.filter(|found| found.stamp == self.caches.context_ages.untagged(0));
        counter.looked_up(found.is_some());
        Some(ContextEntry::from_words(found?.value))
    }

    pub(crate) fn learn_context(&self, source: u16, entry: ContextEntry) {
        let ages = &self.caches.context_ages;
        let age = ages.untagged(0);
        let put = self.caches.contexts.put(
            [USED | u64::from(source), 0],
            age,
            entry.words(),
            || ages.epoch() == self.contexts,
            |_| age,
        );
        self.counters.context.stored(put);
    }

    /// The PASID entry, whatever the context entry is now: that is what the two invalidations are for.
    #[inline]
    pub(crate) fn pasid(&self, source: u16, pasid: u32) -> Option<PasidEntry> {
        let Found { stamp, value: [w0, w1, w2] } =
            self.caches.pasids.get([USED | u64::from(source), u64::from(pasid)])?;
        let entry = PasidEntry::from_words([w0, w1, w2, 0, 0, 0, 0, 0]);
        (stamp == self.caches.pasid_ages.tagged(entry.did(), pasid)).then_some(entry)
    }

    #[allow(clippy::cast_possible_truncation, reason = "a PASID has 20 bits")]
    pub(crate) fn learn_pasid(&self, source: u16, pasid: u32, entry: PasidEntry) {
        let ages = &self.caches.pasid_ages;
        let [w0, w1, w2, ..] = entry.words();
        let put = self.caches.pasids.put(
            [USED | u64::from(source), u64::from(pasid)],
            ages.tagged(entry.did(), pasid),
            [w0, w1, w2],
            || ages.epoch() == self.pasids && self.caches.context_ages.epoch() == self.contexts,
            |_| ages.tagged(entry.did(), pasid),
        );
        self.counters.pasid.stored(put);
    }

    /// The page of `address`, from the smallest size to the largest.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "a number of a bit")]
    pub(crate) fn page(&self, at: &Resolved, address: u64) -> Option<Page> {
        let mut shifts = self.caches.shifts.load(Ordering::Acquire);
        while shifts != 0 {
            let shift = shifts.trailing_zeros() as u8;
            if let Some(word) = self.caches.fresh(&self.caches.pages, page_key(at, shift, address)) {
                return Some(Page { base: word & !0xfff, shift, rights: word & 0xfff });
            }
            shifts &= shifts - 1;
        }
        None
    }

    pub(crate) fn learn_page(&self, at: &Resolved, address: u64, page: Page) {
        self.put_page(page_key(at, page.shift, address), page.base | page.rights, page.shift);
    }

    fn put_page(&self, key: Key, word: u64, shift: u8) {
        let caches = self.caches;
        if caches.shifts.load(Ordering::Relaxed) >> shift & 1 == 0 {
            caches.shifts.fetch_or(1 << shift, Ordering::AcqRel);
        }
        let age = caches.age(key);
        let live = |other: Key| if same_space(other, key) { age } else { caches.age(other) };
        let put = caches.pages.put(key, age, [word], || self.lasts(), live);
        self.counters.iotlb.stored(put);
    }

    /// Nothing that this request read since it began has been invalidated.
    fn lasts(&self) -> bool {
        self.caches.page_ages.epoch() == self.pages
    }

    fn put_table(&self, key: Key, word: u64) {
        let caches = self.caches;
        let Some(paging) = &caches.paging else { return };
        if caches.fresh(paging, key) == Some(word) {
            return;
        }
        let put = paging.put(key, caches.age(key), [word], || self.lasts(), |key| caches.age(key));
        self.counters.paging.stored(put);
    }

    fn lowest(&self, key: impl Fn(u8) -> Key) -> Option<(u8, u64)> {
        let paging = self.caches.paging.as_ref()?;
        let found = (1..=4).find_map(|level| Some((level, self.caches.fresh(paging, key(level))?)));
        self.counters.paging.looked_up(found.is_some());
        found
    }
}

#[inline]
fn page_key(at: &Resolved, shift: u8, address: u64) -> Key {
    match at.stage {
        Stage::Second => untagged(shift, at.domain, address >> shift),
        _ => tagged(shift, at.domain, at.pasid, address >> shift),
    }
}

impl Shortcuts for View<'_> {
    fn quick(&self) -> bool {
        self.caches.paging.is_none()
    }

    fn first(&self, at: &Resolved, address: u64) -> Option<FirstTable> {
        let (level, word) = self.lowest(|level| tagged(level, at.domain, at.pasid, address >> (12 + 9 * level)))?;
        Some(FirstTable { level, address: word & !0xfff, rights: word & 0xfff })
    }

    fn learn_first(&self, at: &Resolved, address: u64, table: FirstTable) {
        let level = table.level;
        let key = tagged(level, at.domain, at.pasid, address >> (12 + 9 * level));
        self.put_table(key, table.address | table.rights);
    }

    fn second(&self, domain: &Domain, address: u64) -> Option<(u8, u64)> {
        self.lowest(|level| untagged(level, domain.id, address >> (12 + 9 * level)))
    }

    fn learn_second(&self, domain: &Domain, address: u64, level: u8, table: u64) {
        self.put_table(untagged(level, domain.id, address >> (12 + 9 * level)), table);
    }

    fn leaf(&self, domain: &Domain, address: u64) -> Option<SecondLeaf> {
        // Pages of the second stage stand in for its tables, and are switched off with them.
        self.caches.paging.as_ref()?;
        let shifts = self.caches.shifts.load(Ordering::Acquire);
        SHIFTS.into_iter().filter(|shift| shifts >> shift & 1 != 0).find_map(|shift| {
            let word = self.caches.fresh(&self.caches.pages, untagged(shift, domain.id, address >> shift))?;
            Some(SecondLeaf { base: word & !0xfff, shift, rights: word & 0xfff })
        })
    }

    fn learn_leaf(&self, domain: &Domain, address: u64, leaf: SecondLeaf) {
        if self.caches.paging.is_some() {
            // A request that goes through the second stage alone may find it too: no first stage forbids it anything.
            let word = leaf.base | leaf.rights | rights::USER | rights::RW;
            self.put_page(untagged(leaf.shift, domain.id, address >> leaf.shift), word, leaf.shift);
        }
    }
}

impl Count {
    fn stored(&self, put: Put) {
        match put {
            Put::Stored => self.stores.add(),
            Put::Evicted => {
                self.stores.add();
                self.evictions.add();
            }
            Put::Outdated => self.outdated.add(),
        }
    }
}
