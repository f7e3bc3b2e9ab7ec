//! The unit with caches against a walk without: the same tables, the same requests, the same answers, as long as
//! whoever changes a table says so. And what is seen if nobody does.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_truncation, reason = "random numbers")]

use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrFlags, IommuInvAddrInfo, IommuInvPasidFlags,
    IommuInvPasidInfo,
};
use vtd_runtime::driver::Profile;
use vtd_runtime::hw::{FirstStageEntry, Gcmd, InvIotlb, InvIotlbG, Iqa, Iqt, SecondStageEntry};
use vtd_runtime::machine::{DOMAIN, GUEST, Machine, Plan, SOURCE};
use vtd_runtime::memory::Memory as _;
use vtd_runtime::{Access, CacheSizes, Mmio, Request, Setup};

const BUFFER: u64 = 0x7f00_0000_0000;
const PAGES: u64 = 1536;
/// Steps of all runs together; CI asks for a million.
const STEPS: u64 = 1_000_000;

/// The same for every run: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

struct Run {
    machine: Machine,
    pasids: Vec<u32>,
    random: Random,
    hits: u64,
    faults: u64,
}

impl Run {
    fn new(plan: Plan, seed: u64) -> Self {
        let mut machine = Machine::new(plan).unwrap();
        for page in 0..PAGES {
            machine.map(BUFFER + page * 0x1000, page % 2048 * 0x1000, 12).unwrap();
        }
        let large = 21;
        for page in 0..4 {
            machine.map(BUFFER + 0x4000_0000 + (page << large), page << large, large).unwrap();
        }
        let pasids = (0..4).map(|_| machine.bind().unwrap()).collect();
        Self { machine, pasids, random: Random(seed), hits: 0, faults: 0 }
    }

    fn step(&mut self) {
        match self.random.below(512) {
            0 => self.change_first(),
            1 => self.change_second(),
            2 => self.rebind(),
            3 => self.change_large(),
            _ => self.ask(),
        }
    }

    fn address(&mut self) -> u64 {
        match self.random.below(8) {
            0 => BUFFER + 0x4000_0000 + self.random.below(5 << 21),
            // A few pages are asked for often.
            1..=5 => BUFFER + self.random.below(64 << 12),
            _ => BUFFER + self.random.below((PAGES + 4) << 12),
        }
    }

    fn ask(&mut self) {
        let access = [Access::Read, Access::Write, Access::ReadWrite, Access::Execute][self.random.below(4) as usize];
        let pasid = self.pasids[self.random.below(4) as usize];
        let mut request = Request::new(SOURCE, Some(pasid), self.address(), access);
        if self.random.below(16) == 0 {
            request = request.translation();
        }
        if self.random.below(32) == 0 {
            request = request.privileged();
        }
        let cached = self.machine.unit.translate(&request).map(|held| held.translation());
        // Afterwards: the oracle marks entries as any walk does, and must not do so for the one that is judged.
        let walked = self.machine.unit.walk(&request, &mut ());
        match (cached, walked) {
            (Ok(cached), Ok(walked)) => {
                assert_eq!(cached.address, walked.address, "{request:?}");
                // The caches split a page that the two stages have in different sizes, as the walk does.
                assert_eq!((cached.shift, cached.read, cached.execute), (walked.shift, walked.read, walked.execute));
                assert!(walked.write || !cached.write, "{request:?}: the cache lets write what the tables do not");
                self.hits += 1;
            }
            (Err(cached), Err(walked)) => {
                assert_eq!(cached, walked);
                self.faults += 1;
                self.machine.driver.take_faults();
            }
            (cached, walked) => panic!("{request:?}: with caches {cached:?}, without {walked:?}"),
        }
    }

    /// The guest changes a page or a few, and says so by page, with a hint or without, or by PASID.
    fn change_first(&mut self) {
        let first = self.random.below(PAGES - 8);
        let count = 1 + self.random.below(8);
        for page in first..first + count {
            let entry = self.entry(self.machine.first.top, page);
            let (machine, to) = (&self.machine, self.random.below(2048) << 12);
            let at = machine.first.entry(&machine.memory, BUFFER + (page << 12), 1).unwrap().unwrap();
            let new = entry.with_addr(to).with_a(false).with_d(false);
            machine.memory.store(at, new.words()[0]).unwrap();
        }
        let by_page = self.random.below(2) == 0;
        for pasid in self.pasids.clone() {
            let info = if by_page { range(pasid, first, count) } else { whole(pasid) };
            self.machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap();
        }
    }

    /// Any bits that a guest may give an entry.
    fn entry(&mut self, _: u64, _: u64) -> FirstStageEntry {
        let bits = self.random.below(64);
        FirstStageEntry::new()
            .with_p(bits & 7 != 0)
            .with_rw(bits & 8 == 0)
            .with_us(bits & 0x30 != 0)
            .with_xd(self.random.below(4) == 0)
    }

    /// A large page comes, goes, or becomes a table; said so for all it covered.
    fn change_large(&mut self) {
        let page = self.random.below(4);
        let machine = &self.machine;
        let at = machine.first.entry(&machine.memory, BUFFER + 0x4000_0000 + (page << 21), 2).unwrap().unwrap();
        let new = match self.random.below(3) {
            0 => FirstStageEntry::new(),
            // The table of another region: the same small pages are found here too.
            1 => {
                let other = machine.first.entry(&machine.memory, BUFFER + ((page % 3) << 21), 2).unwrap().unwrap();
                FirstStageEntry::from_words([machine.memory.load(other).unwrap()])
            }
            _ => {
                let entry = FirstStageEntry::new().with_p(true).with_us(true).with_rw(self.random.below(2) == 0);
                entry.with_ps(true).with_addr(self.random.below(7) << 21)
            }
        };
        machine.memory.store(at, new.words()[0]).unwrap();
        for pasid in self.pasids.clone() {
            self.machine.driver.cache_invalidate(SOURCE, whole(pasid).as_bytes()).unwrap();
        }
    }

    /// The host changes a page of the second stage, of data or of a guest's table, and says so by domain or by page.
    fn change_second(&mut self) {
        let machine = &self.machine;
        let page = self.random.below(2048);
        let Some(at) = machine.second.entry(&machine.memory, page << 12, 1).unwrap() else { return };
        let table = page >= 0x100;
        let old = SecondStageEntry::from_words([machine.memory.load(at).unwrap()]);
        let new = match self.random.below(4) {
            // What is a guest's table stays where it is, and readable.
            _ if table => old.with_w(!old.w() || page < 0x110),
            0 => old.with_r(false).with_w(false),
            1 => old.with_r(true).with_w(false),
            _ => old.with_r(true).with_w(true).with_addr(GUEST + (self.random.below(2048) << 12)),
        };
        machine.memory.store(at, new.words()[0]).unwrap();
        let inv = InvIotlb::new().with_did(DOMAIN);
        let inv = match self.random.below(3) {
            0 => inv.with_g(InvIotlbG::PAGE).with_addr(page << 12),
            1 => inv.with_g(InvIotlbG::DOMAIN),
            _ => inv.with_g(InvIotlbG::GLOBAL),
        };
        self.descriptor(inv.words());
    }

    /// Straight into the queue, as the host's own driver would. The queue is off and on again afterwards, for the one
    /// that owns it.
    fn descriptor(&mut self, words: [u64; 2]) {
        let unit = &self.machine.unit;
        let ring = Iqa::from_words([unit.read(Iqa::OFFSET)]).iqa();
        let tail = unit.read(Iqt::OFFSET);
        for (at, word) in (0..).zip([words[0], words[1], 0, 0]) {
            self.machine.memory.store(ring + tail + at * 8, word).unwrap();
        }
        unit.write(Iqt::OFFSET, (tail + 32) % 0x2000);
        assert_eq!(unit.queued(), 0);
        unit.write(Gcmd::OFFSET, u64::from(Gcmd::new().with_te(true).words()[0]));
        self.machine.driver.reset_queue();
    }

    fn rebind(&mut self) {
        let at = self.random.below(4) as usize;
        let data = self.machine.bind_data(self.pasids[at]);
        self.machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap();
        self.machine.driver.free_pasid(self.pasids[at]).unwrap();
        self.pasids[at] = self.machine.bind().unwrap();
    }
}

fn range(pasid: u32, first: u64, count: u64) -> IommuCacheInvalidateInfo {
    let range = IommuInvAddrInfo {
        flags: IommuInvAddrFlags::PASID | IommuInvAddrFlags::LEAF,
        pasid: u64::from(pasid),
        addr: BUFFER + (first << 12),
        granule_size: 0x1000,
        nb_granules: count,
        ..IommuInvAddrInfo::default()
    };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).addr_info(range).build()
}

fn whole(pasid: u32) -> IommuCacheInvalidateInfo {
    let whole = IommuInvPasidInfo { flags: IommuInvPasidFlags::PASID, pasid: u64::from(pasid), ..Default::default() };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).pasid_info(whole).build()
}

#[test]
fn caches_answer_as_a_walk_without_them_does() {
    let small = CacheSizes { context: 4, pasid: 4, iotlb: 64, paging: 16 };
    let none = CacheSizes { paging: 0, ..CacheSizes::default() };
    let plans = [
        (CacheSizes::default(), 4, 4, 12),
        (small, 4, 4, 12),
        (none, 5, 4, 12),
        (small, 5, 5, 12),
        (CacheSizes::default(), 4, 3, 12),
    ];
    for (number, (caches, first_levels, second_levels, second_shift)) in (1..).zip(plans) {
        let unit = Setup { caches, ..Setup::default() };
        let plan = Plan { profile: Profile::Strict, unit, first_levels, second_levels, second_shift };
        let mut run = Run::new(plan, 0x1234_5678_9abc_def0 ^ number);
        for _ in 0..STEPS / plans.len() as u64 {
            run.step();
        }
        let counters = run.machine.unit.counters();
        let iotlb = counters.cache("IOTLB").unwrap();
        assert!(run.hits > 1000 && run.faults > 1000, "both ends are seen: {} and {}", run.hits, run.faults);
        assert!(iotlb.hits > 1000 && iotlb.misses > 1000, "{iotlb:?}");
        assert!(caches != small || iotlb.evictions > 100, "{iotlb:?}");
    }
}

/// What a forgotten invalidation looks like: that is what one has a model for.
#[test]
fn a_stale_entry_is_visible_until_somebody_says_so() {
    let mut run = Run::new(Plan::default(), 1);
    let pasid = run.pasids[0];
    let at = |run: &Run, address| {
        let request = Request::new(SOURCE, Some(pasid), address, Access::Read);
        run.machine.unit.translate(&request).map(|held| held.translation().address)
    };
    assert_eq!(at(&run, BUFFER), Ok(GUEST));

    // First stage, IOTLB.
    run.machine.map(BUFFER, 0x9000, 12).unwrap();
    assert_eq!(at(&run, BUFFER), Ok(GUEST), "stale");
    run.machine.driver.cache_invalidate(SOURCE, range(pasid, 0, 1).as_bytes()).unwrap();
    assert_eq!(at(&run, BUFFER), Ok(GUEST + 0x9000));

    // A table of the first stage: the hint that only leaves changed leaves the way there stale.
    let machine = &run.machine;
    at(&run, BUFFER + 0x1000).unwrap();
    let table = machine.first.entry(&machine.memory, BUFFER, 2).unwrap().unwrap();
    let other = machine.first.entry(&machine.memory, BUFFER + 0x20_0000, 2).unwrap().unwrap();
    machine.memory.store(table, machine.memory.load(other).unwrap()).unwrap();
    run.machine.driver.cache_invalidate(SOURCE, range(pasid, 2, 1).as_bytes()).unwrap();
    assert_eq!(at(&run, BUFFER + 0x2000), Ok(GUEST + 0x2000), "stale: the old table is still the way");
    run.machine.driver.cache_invalidate(SOURCE, whole(pasid).as_bytes()).unwrap();
    assert_eq!(at(&run, BUFFER + 0x2000), Ok(GUEST + 0x20_2000));

    // Second stage.
    let entry = run.machine.second.entry(&run.machine.memory, 0x20_2000, 1).unwrap().unwrap();
    let moved = SecondStageEntry::new().with_r(true).with_w(true).with_addr(GUEST + 0x7_0000);
    run.machine.memory.store(entry, moved.words()[0]).unwrap();
    assert_eq!(at(&run, BUFFER + 0x2000), Ok(GUEST + 0x20_2000), "stale");
    run.descriptor(InvIotlb::new().with_g(InvIotlbG::DOMAIN).with_did(DOMAIN).words());
    assert_eq!(at(&run, BUFFER + 0x2000), Ok(GUEST + 0x7_0000));

    // The PASID's entry.
    let directory = run.machine.driver.directory(SOURCE).unwrap();
    let entry = (run.machine.memory.load(directory).unwrap() & !0xfff) + u64::from(pasid) * 64;
    run.machine.memory.store(entry, 0).unwrap();
    assert_eq!(at(&run, BUFFER + 0x2000), Ok(GUEST + 0x7_0000), "stale");
    run.machine.driver.flush().unwrap();
    assert!(at(&run, BUFFER + 0x2000).is_err());
}
