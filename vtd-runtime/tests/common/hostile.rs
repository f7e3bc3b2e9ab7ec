//! A machine in the hands of somebody who means it no good: bytes are a list of what is done to it. Nothing may panic,
//! nothing may hang; afterwards the machine is as it was. Used by a test and by the fuzz target `vtd`.

use std::sync::{Arc, Mutex};

use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrInfo, IommuInvPasidInfo, IommuPageResponse,
};
use vtd_runtime::device::Manners;
use vtd_runtime::driver::{Driver, Process, Profile};
use vtd_runtime::hw::{Fsts, Gcmd, Iqa, Iqt, Pqa, Pqh, Pqt, Prs, Rtaddr};
use vtd_runtime::machine::{DOMAIN, GUEST, Machine, Plan, SOURCE, SharedUnit, VMM};
use vtd_runtime::memory::{Memory, MemoryError, VecMemory};
use vtd_runtime::{Access, CacheSizes, Kind, Mmio, PageAsk, Request, Setup};

const BUFFER: u64 = 0x7f00_0000_0000;

/// Memory that knows what it was.
#[derive(Clone)]
pub(crate) struct Journal {
    memory: Arc<VecMemory>,
    log: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl Journal {
    fn note(&self, address: u64) {
        if let Ok(word) = self.memory.load(address) {
            self.log.lock().expect("one thread").push((address, word));
        }
    }

    fn undo(&self) {
        for (address, word) in self.log.lock().expect("one thread").drain(..).rev() {
            self.memory.store(address, word).expect("was there");
        }
    }
}

impl Memory for Journal {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        self.memory.load(address)
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.note(address);
        self.memory.store(address, word)
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        self.note(address);
        self.memory.compare_exchange(address, current, new)
    }
}

/// What is left of an input; zeros after its end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    /// Numbers that are often near something: a few bits, somewhere.
    fn number(&mut self) -> u64 {
        match self.byte() {
            0xff => self.word(),
            shift => u64::from(self.byte()) << (shift % 64),
        }
    }

    /// A good struct with some bytes of it changed, or cut short, or altogether another.
    fn user(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        match self.byte() {
            changes @ 0..=7 => {
                for _ in 0..changes {
                    let at = usize::from(self.byte()) % bytes.len();
                    bytes[at] ^= self.byte();
                }
            }
            cut @ 8..=127 => bytes.truncate(usize::from(cut - 8)),
            other => bytes = (0..usize::from(other) % 80).map(|_| self.byte()).collect(),
        }
        bytes
    }
}

/// The machine, and what it takes to have it back as it was.
pub(crate) struct Hostile {
    machine: Machine<Journal>,
    driver: Driver<SharedUnit<Journal>, Journal>,
    pasid: u32,
    registers: Vec<(usize, u64)>,
}

impl Hostile {
    /// A machine with something bound. Without room for paging structures (`paging` is 0) it walks quickly.
    pub(crate) fn new(profile: Profile, paging: usize) -> Self {
        let memory = Arc::new(VecMemory::new(0x200_0000));
        let journal = Journal { memory, log: Arc::default() };
        let caches = CacheSizes { context: 4, pasid: 8, iotlb: 32, paging };
        let plan = Plan { profile, unit: Setup { caches, ..Setup::default() }, ..Plan::default() };
        let mut machine = Machine::over(journal.clone(), plan).expect("a machine");
        for page in 0..8 {
            machine.map(BUFFER + page * 0x1000, page * 0x1000, 12).expect("mapped");
        }
        machine.map(BUFFER + 0x20_0000, 0x20_0000, 21).expect("mapped");
        // Enough for a device to time out, and too little to sleep.
        machine.driver.set_patience(60);
        let pasid = machine.bind().expect("bound");
        journal.log.lock().expect("one thread").clear();
        let registers = [Rtaddr::OFFSET, Iqa::OFFSET, Pqa::OFFSET, Pqh::OFFSET, Pqt::OFFSET];
        let registers = registers.map(|at| (at, machine.unit.read(at))).to_vec();
        Self { driver: machine.driver.clone(), machine, pasid, registers }
    }

    /// Does to the machine what `input` says, and makes it good again.
    pub(crate) fn run(&mut self, input: &[u8]) {
        let mut input = Input(input);
        for _ in 0..64 {
            if input.0.is_empty() {
                break;
            }
            self.step(&mut input);
        }
        self.restore();
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 16 {
            0 | 1 => self.call(input),
            2 | 3 => self.translate(input),
            4 => {
                let at = GUEST + 0x10_0000 + (input.number() & 0xffff & !7);
                let _ = self.machine.memory.store(at, input.number());
            }
            5 => {
                let at = 0x10_0000 + (input.number() & 0x3f_ffff & !7);
                let _ = self.machine.memory.store(at, input.number());
            }
            6 => {
                let offset = usize::from(input.byte()) * 4;
                self.machine.unit.write(offset, input.number());
            }
            7 | 8 => self.descriptor(input),
            9 => {
                let group = u16::from(input.byte());
                // Now and then more than the ring holds.
                let count = if input.byte() == 0xff { 140 } else { 2 };
                for _ in 0..count {
                    let mut ask = PageAsk::new(SOURCE, self.pasid, BUFFER + 0x10_0000, true, group);
                    (ask.privileged, ask.last) = (group & 1 != 0, group & 2 == 0);
                    let _ = self.machine.unit.page_request(&ask);
                }
            }
            10 => drop(self.machine.driver.take_page_requests()),
            11 => drop((self.machine.driver.take_faults(), self.machine.driver.next_event())),
            12 => {
                let manners = [Manners::Prompt, Manners::Late, Manners::Mute];
                self.machine.device.behave(manners[usize::from(input.byte()) % 3]);
            }
            13 => self.machine.device.catch_up(&self.machine.unit),
            14 => match self.machine.driver.alloc_pasid() {
                Ok(pasid) if input.byte() & 1 == 0 => drop(self.machine.driver.free_pasid(pasid)),
                _ => {}
            },
            _ => {
                let address = BUFFER + (input.number() & 0x3f_ffff);
                let access = [Access::Read, Access::Write, Access::ReadWrite][usize::from(input.byte()) % 3];
                let _ = self.machine.device.access(&self.machine.unit, self.pasid, address, access);
            }
        }
    }

    fn call(&mut self, input: &mut Input<'_>) {
        let pasid = self.pasid + u32::from(input.byte() & 1);
        let process = if input.byte() == 0xff { Process(9) } else { VMM };
        let source = if input.byte() == 0xff { SOURCE + 1 } else { SOURCE };
        let bind = self.machine.bind_data(pasid);
        let driver = &mut self.machine.driver;
        let _ = match input.byte() % 6 {
            0 => driver.bind_gpasid(process, source, &*input.user(bind.as_bytes())),
            1 => driver.unbind_gpasid(source, &*input.user(bind.as_bytes())),
            2 => driver.cache_invalidate(source, &*input.user(range(pasid).as_bytes())),
            3 => driver.cache_invalidate(source, &*input.user(whole(pasid).as_bytes())),
            4 => driver.page_response(process, source, &*input.user(response(pasid).as_bytes())),
            _ => {
                let head = [80_u32, u32::from(input.byte()) % 5].map(u32::to_ne_bytes).concat();
                let bytes = [&head[..], bind.as_bytes()].concat();
                driver.nesting_op(process, source, &*input.user(&bytes))
            }
        };
    }

    fn translate(&mut self, input: &mut Input<'_>) {
        let flags = input.byte();
        let pasid = (flags & 1 == 0).then(|| self.pasid.wrapping_add(u32::from(flags >> 4) << (flags & 0xe)));
        let address = if flags & 2 == 0 { BUFFER + (input.number() & 0x3f_ffff) } else { input.number() };
        let access = [Access::Read, Access::Write, Access::ReadWrite, Access::Execute][usize::from(flags >> 2) % 4];
        let kind = if flags & 0x20 == 0 { Kind::Untranslated } else { Kind::Translation };
        let privileged = flags & 0x40 != 0;
        let request = Request { source: SOURCE, pasid, address, access, privileged, kind };
        let unit = &self.machine.unit;
        drop(unit.translate(&request));
        let (steps, end) = unit.walk_steps(&request);
        assert!(steps.len() <= 64 * 40, "a walk has an end");
        drop(vtd_runtime::dump::walk(&steps, &end));
    }

    /// A descriptor of somebody's making, right into the queue.
    fn descriptor(&mut self, input: &mut Input<'_>) {
        let unit = &self.machine.unit;
        let (ring, tail) = (Iqa::from_words([unit.read(Iqa::OFFSET)]), unit.read(Iqt::OFFSET));
        let kind = u64::from(input.byte() % 10);
        let words = [kind | input.number(), input.number(), input.number() & 0xfff, 0];
        for (at, word) in (0..).zip(words) {
            let _ = self.machine.memory.store(ring.iqa().wrapping_add(tail + at * 8) & !7, word);
        }
        unit.write(Iqt::OFFSET, (tail + 32) % 0x2000);
        unit.process();
        if Fsts::from_words([unit.read(Fsts::OFFSET) as u32]).iqe() {
            unit.write(Iqt::OFFSET, tail);
            unit.write(Fsts::OFFSET, u64::MAX);
        }
    }

    fn restore(&mut self) {
        let unit = &self.machine.unit;
        self.machine.memory.undo();
        self.machine.device.behave(Manners::Prompt);
        self.machine.device.responses();
        unit.write(Gcmd::OFFSET, 0);
        for (at, value) in &self.registers {
            unit.write(*at, *value);
        }
        unit.write(Gcmd::OFFSET, u64::from(Gcmd::new().with_srtp(true).words()[0]));
        unit.write(Prs::OFFSET, u64::MAX);
        self.machine.driver = self.driver.clone();
        self.machine.driver.reset_queue();
        self.machine.driver.take_faults();
        self.machine.driver.flush().expect("as it was");
        self.machine.memory.undo();
        self.machine.driver.reset_queue();
        let request = Request::new(SOURCE, Some(self.pasid), BUFFER + 0x1008, Access::Read);
        let found = self.machine.unit.translate(&request).map(|held| held.translation().address);
        assert_eq!(found, Ok(GUEST + 0x1008), "the machine is as it was");
        self.machine.memory.undo();
    }
}

fn range(pasid: u32) -> IommuCacheInvalidateInfo {
    let range = IommuInvAddrInfo { pasid: u64::from(pasid), addr: BUFFER, granule_size: 0x1000, ..Default::default() };
    let range = IommuInvAddrInfo { nb_granules: 8, ..range };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).addr_info(range).build()
}

fn whole(pasid: u32) -> IommuCacheInvalidateInfo {
    let whole = IommuInvPasidInfo { pasid: u64::from(pasid), ..Default::default() };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::PASID).pasid_info(whole).build()
}

fn response(pasid: u32) -> IommuPageResponse {
    let flags = argsz_linux::iommu::IommuPageResponseFlags::PASID_VALID;
    IommuPageResponse::builder().flags(flags).pasid(pasid).grpid(u32::from(DOMAIN)).build()
}
