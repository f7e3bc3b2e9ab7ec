//! Faults, as the unit records them: a ring of registers, with an overflow bit.

use std::sync::Mutex;

use crate::counters::QueueCounters;
use crate::hw::{FaultReason, FaultRecord, Fsts};
use crate::registers::{Registers, narrow, wide};
use crate::request::{Access, Fault, Kind};

/// Whether an entry's FPD silences a reason: those that came before any entry with such a bit was read are always
/// recorded.
#[must_use]
pub(crate) fn heeds_silence(reason: FaultReason) -> bool {
    reason > FaultReason::CONTEXT_ACCESS
}

/// Whether a device that asked for a translation is told "no page" in place of an error: it may ask for the page, and
/// nothing is recorded.
#[must_use]
pub(crate) fn recoverable(reason: FaultReason) -> bool {
    matches!(
        reason,
        FaultReason::FIRST_STAGE_NOT_PRESENT
            | FaultReason::NESTED_TOP_READ
            | FaultReason::NESTED_READ
            | FaultReason::NESTED_WRITE
            | FaultReason::SECOND_STAGE_PERMISSION
            | FaultReason::USER_SUPERVISOR
            | FaultReason::NO_EXECUTE
            | FaultReason::NO_WRITE
            | FaultReason::NO_READ
    )
}

/// The fault recording registers.
#[derive(Debug)]
pub(crate) struct Recorder {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    records: Vec<[u64; 2]>,
    /// Where the next fault goes.
    next: usize,
}

impl Recorder {
    /// With room for `count` faults.
    pub(crate) fn new(count: usize) -> Self {
        Self { state: Mutex::new(State { records: vec![[0; 2]; count], next: 0 }) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Records a fault, or says that it was lost.
    pub(crate) fn record(&self, registers: &Registers, counters: &QueueCounters, fault: &Fault) {
        if fault.silent {
            return counters.faults_silent.add();
        }
        let status = Fsts::from_words(narrow(registers.fsts.get()));
        let mut state = self.state();
        let next = state.next;
        let Some(record) = state.records.get_mut(next) else { return };
        if status.pfo() || FaultRecord::from_words(*record).f() {
            registers.fsts.raise(wide(Fsts::new().with_pfo(true).words()));
            return counters.faults_lost.add();
        }
        *record = record_of(fault).words();
        state.next = (next + 1) % state.records.len();
        counters.faults.add();
        show(registers, &state);
    }

    /// The word of a record: `offset` counts bytes from the first record.
    pub(crate) fn read(&self, offset: usize) -> u64 {
        let state = self.state();
        state.records.get(offset / 16).map_or(0, |record| record[offset / 8 % 2])
    }

    /// Writing 1 to F of a record frees it.
    pub(crate) fn write(&self, registers: &Registers, offset: usize, value: u64) {
        let mut state = self.state();
        let freed = FaultRecord::from_words([0, value]).f() && offset / 8 % 2 == 1;
        if let Some(record) = state.records.get_mut(offset / 16).filter(|_| freed) {
            *record = FaultRecord::from_words(*record).with_f(false).words();
        }
        show(registers, &state);
    }
}

/// PPF, and FRI: the oldest record.
fn show(registers: &Registers, state: &State) {
    let count = state.records.len();
    let held = |at: &usize| FaultRecord::from_words(state.records[*at % count]).f();
    let oldest = (state.next..state.next + count).find(held).map(|at| at % count);
    let shown = Fsts::new().with_ppf(true).with_fri(u8::MAX);
    registers.fsts.lower(wide(shown.words()));
    if let Some(oldest) = oldest {
        let index = u8::try_from(oldest).unwrap_or_default();
        registers.fsts.raise(wide(Fsts::new().with_ppf(true).with_fri(index).words()));
    }
}

fn record_of(fault: &Fault) -> FaultRecord {
    let request = fault.request;
    // T: 1 read, 0 write; with T2, an atomic access.
    let (t, t2) = match request.access {
        Access::Write => (false, false),
        Access::ReadWrite => (true, true),
        Access::Read | Access::Execute => (true, false),
    };
    FaultRecord::new()
        .with_fi(request.address & !0xfff)
        .with_sid(request.source)
        .with_t(t)
        .with_t2(t2)
        .with_privileged(request.privileged)
        .with_exe(request.access == Access::Execute)
        .with_pp(request.pasid.is_some())
        .with_fr(fault.reason)
        .with_pv(request.pasid.unwrap_or_default())
        .with_at(u8::from(request.kind == Kind::Translation))
        .with_f(true)
}
