//! From the source of a request to its PASID table entry: root, context, directory, entry.

use super::{Place, Stage, Step, Trace};
use crate::hw::{ContextEntry, FaultReason, PasidDirEntry, PasidEntry, PasidEntryFspm, RootEntry};
use crate::memory::Memory;
use crate::request::{Access, Kind, Request};
use crate::walk::Limits;

/// Where translation of a request goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolved {
    pub(crate) pasid: u32,
    pub(crate) domain: u16,
    pub(crate) stage: Stage,
    /// The first three words of the entry; the rest is zero.
    pub(crate) entry: PasidEntry,
    /// Requests without a PASID are a supervisor's (`RID_PRIV`).
    pub(crate) privileged: bool,
    /// Some entry on the way asked for silence.
    pub(crate) silent: bool,
}

/// A reason, and whether an entry on the way asked for silence.
pub(crate) type Refused = (FaultReason, bool);

/// The context entry as it is cached: checked.
pub(crate) fn context<M: Memory>(
    memory: &M,
    limits: &Limits,
    root_table: u64,
    source: u16,
    trace: &mut impl Trace,
) -> Result<ContextEntry, Refused> {
    let loud = |reason| (reason, false);
    let at = root_table.wrapping_add(u64::from(source >> 8) * 16);
    let words = memory.load_words::<2>(at).map_err(|_| loud(FaultReason::ROOT_ACCESS))?;
    let root = RootEntry::from_words(words);
    let upper = source & 0x80 != 0;
    trace.step(Step { place: Place::Root, address: at, entry: words[usize::from(upper)] });
    let (present, table) = if upper { (root.up(), root.uctp()) } else { (root.lp(), root.lctp()) };
    if !present {
        return Err(loud(FaultReason::ROOT_NOT_PRESENT));
    }
    if root.reserved_bits()[usize::from(upper)] != 0 || table & limits.beyond_host() != 0 || table >> 52 != 0 {
        return Err(loud(FaultReason::ROOT_RESERVED));
    }
    let at = table + u64::from(source & 0x7f) * 32;
    let words = memory.load_words::<4>(at).map_err(|_| loud(FaultReason::CONTEXT_ACCESS))?;
    trace.step(Step { place: Place::Context, address: at, entry: words[0] });
    let entry = ContextEntry::from_words(words);
    if !entry.p() {
        return Err((FaultReason::CONTEXT_NOT_PRESENT, entry.fpd()));
    }
    let directory = entry.dirptr();
    if entry.reserved_bits() != [0; 4] || directory & limits.beyond_host() != 0 || directory >> 52 != 0 {
        return Err((FaultReason::CONTEXT_RESERVED, entry.fpd()));
    }
    // A directory for more PASIDs than the unit has bits for.
    if u32::from(entry.pdts()) + 13 > u32::from(limits.ecap.pss()) + 1 {
        return Err((FaultReason::CONTEXT_INVALID, entry.fpd()));
    }
    Ok(entry)
}

/// What a context entry says of a request: its PASID, or why not.
pub(crate) fn pasid_of(context: ContextEntry, request: &Request) -> Result<u32, Refused> {
    let refuse = |reason| Err((reason, context.fpd()));
    if request.kind == Kind::Translation && !context.dte() {
        return refuse(FaultReason::CONTEXT_DTE);
    }
    let known = 1_u32 << (context.pdts() + 13);
    match request.pasid {
        Some(_) if !context.paside() => refuse(FaultReason::CONTEXT_PASIDE),
        Some(pasid) if pasid >= known => refuse(FaultReason::CONTEXT_PASID_TOO_LARGE),
        Some(pasid) => Ok(pasid),
        None if context.rid_pasid() >= known => refuse(FaultReason::CONTEXT_RID_PASID),
        None => Ok(context.rid_pasid()),
    }
}

/// What a context entry says of a page request.
pub(crate) fn page_request_context(context: ContextEntry, pasid: Option<u32>) -> Result<(), Refused> {
    let refuse = |reason| Err((reason, context.fpd()));
    match pasid {
        _ if !context.dte() => refuse(FaultReason::CONTEXT_DTE),
        _ if !context.pre() => refuse(FaultReason::CONTEXT_PRE),
        Some(_) if !context.paside() => refuse(FaultReason::CONTEXT_PASIDE),
        Some(pasid) if pasid >= 1 << (context.pdts() + 13) => refuse(FaultReason::CONTEXT_PASID_TOO_LARGE),
        _ => Ok(()),
    }
}

/// The PASID table entry as it is cached: checked, with the silence of the context and directory entries in its own.
pub(crate) fn entry<M: Memory>(
    memory: &M,
    limits: &Limits,
    context: ContextEntry,
    pasid: u32,
    trace: &mut impl Trace,
) -> Result<PasidEntry, Refused> {
    let silent = context.fpd();
    let at = context.dirptr().wrapping_add(u64::from(pasid >> 6) * 8);
    let word = memory.load(at).map_err(|_| (FaultReason::PASID_DIR_ACCESS, silent))?;
    trace.step(Step { place: Place::Directory, address: at, entry: word });
    let directory = PasidDirEntry::from_words([word]);
    let silent = silent || directory.fpd();
    if !directory.p() {
        return Err((FaultReason::PASID_DIR_NOT_PRESENT, silent));
    }
    let table = directory.tblptr();
    if directory.reserved_bits() != [0] || table & limits.beyond_host() != 0 || table >> 52 != 0 {
        return Err((FaultReason::PASID_DIR_RESERVED, silent));
    }
    let at = table + u64::from(pasid & 0x3f) * 64;
    let words = memory.load_words::<8>(at).map_err(|_| (FaultReason::PASID_ENTRY_ACCESS, silent))?;
    trace.step(Step { place: Place::Pasid, address: at, entry: words[0] });
    let entry = PasidEntry::from_words(words);
    let silent = silent || entry.fpd();
    if !entry.p() {
        return Err((FaultReason::PASID_ENTRY_NOT_PRESENT, silent));
    }
    let pointers = entry.ssptr() | entry.fsptr();
    if entry.reserved_bits() != [0; 8] || pointers & limits.beyond_host() != 0 || pointers >> 52 != 0 {
        return Err((FaultReason::PASID_ENTRY_RESERVED, silent));
    }
    if !supported(limits, entry) {
        return Err((FaultReason::PASID_ENTRY_INVALID, silent));
    }
    Ok(entry.with_fpd(silent))
}

/// Whether the unit has what an entry asks of it.
fn supported(limits: &Limits, entry: PasidEntry) -> bool {
    let (cap, ecap) = (limits.cap, limits.ecap);
    let first = match entry.fspm() {
        PasidEntryFspm::LEVEL_4 => ecap.flts(),
        PasidEntryFspm::LEVEL_5 => ecap.flts() && cap.fl5lp(),
        _ => false,
    };
    // AW 1, 2, 3 are bits 1, 2, 3 of SAGAW: 39, 48, 57 bits.
    let second = ecap.slts() && entry.aw().name().is_some() && cap.sagaw() >> entry.aw().0 & 1 != 0;
    match Stage::of(entry) {
        Some(Stage::First) => first,
        Some(Stage::Second) => second,
        Some(Stage::Nested) => first && second && ecap.nest(),
        Some(Stage::PassThrough) => true,
        None => false,
    }
}

/// What a PASID entry says of a request.
///
/// `privileged`: requests without a PASID are a supervisor's (`RID_PRIV`), and this is one.
#[inline]
pub(crate) fn resolved(
    entry: PasidEntry,
    pasid: u32,
    request: &Request,
    privileged: bool,
) -> Result<Resolved, Refused> {
    let stage = Stage::of(entry).ok_or((FaultReason::PASID_ENTRY_INVALID, entry.fpd()))?;
    let privileged = request.privileged || privileged;
    let staged = matches!(stage, Stage::First | Stage::Nested);
    if staged && privileged && !entry.sre() {
        return Err((FaultReason::PASID_ENTRY_SRE, entry.fpd()));
    }
    if staged && request.access == Access::Execute && !entry.ere() {
        return Err((FaultReason::PASID_ENTRY_ERE, entry.fpd()));
    }
    Ok(Resolved { pasid, domain: entry.did(), stage, entry, privileged, silent: entry.fpd() })
}
