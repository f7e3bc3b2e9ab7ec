//! Faults the unit recorded, in the words of the interface.

use argsz_linux::iommu::{
    IommuFault, IommuFaultArms, IommuFaultPerm, IommuFaultReason, IommuFaultType, IommuFaultUnrecoverable,
    IommuFaultUnrecoverableFlags,
};

use super::Driver;
use crate::hw::{FaultReason, FaultRecord, Fsts};
use crate::memory::Memory;
use crate::registers::{Mmio, wide};

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// The faults the unit has recorded, and the device of each; their registers are free afterwards.
    pub fn take_faults(&mut self) -> Vec<(u16, FaultReason, IommuFault)> {
        let first = usize::from(self.cap.fro()) * 16;
        let mut found = Vec::new();
        for index in 0..=usize::from(self.cap.nfr()) {
            let at = first + index * 16;
            let record = FaultRecord::from_words([self.mmio.read(at), self.mmio.read(at + 8)]);
            if record.f() {
                found.push((record.sid(), record.fr(), as_told(record)));
                self.mmio.write(at + 8, FaultRecord::new().with_f(true).words()[1]);
            }
        }
        self.mmio.write(Fsts::OFFSET, wide(Fsts::new().with_pfo(true).words()));
        found
    }
}

fn as_told(record: FaultRecord) -> IommuFault {
    let mut flags = IommuFaultUnrecoverableFlags::ADDR_VALID;
    flags.set(IommuFaultUnrecoverableFlags::PASID_VALID, record.pp());
    let mut perm = IommuFaultPerm::empty();
    perm.set(IommuFaultPerm::READ, record.t());
    perm.set(IommuFaultPerm::WRITE, !record.t() || record.t2());
    perm.set(IommuFaultPerm::EXEC, record.exe());
    perm.set(IommuFaultPerm::PRIV, record.privileged());
    let event = IommuFaultUnrecoverable {
        reason: reason(record.fr()),
        flags,
        pasid: if record.pp() { record.pv() } else { 0 },
        perm,
        addr: record.fi(),
        fetch_addr: 0,
    };
    IommuFault { kind: IommuFaultType::DMA_UNRECOV, arms: IommuFaultArms::from_event(event), ..IommuFault::default() }
}

/// The interface has few reasons for the unit's many.
fn reason(of: FaultReason) -> IommuFaultReason {
    match of {
        FaultReason::PASID_DIR_ACCESS | FaultReason::PASID_ENTRY_ACCESS => IommuFaultReason::PASID_FETCH,
        FaultReason::PASID_DIR_NOT_PRESENT
        | FaultReason::PASID_DIR_RESERVED
        | FaultReason::PASID_ENTRY_NOT_PRESENT
        | FaultReason::PASID_ENTRY_RESERVED
        | FaultReason::PASID_ENTRY_INVALID => IommuFaultReason::BAD_PASID_ENTRY,
        FaultReason::CONTEXT_PASIDE | FaultReason::CONTEXT_PASID_TOO_LARGE | FaultReason::LEGACY_PASID => {
            IommuFaultReason::PASID_INVALID
        }
        FaultReason::FIRST_STAGE_ACCESS
        | FaultReason::FIRST_STAGE_TOP_ACCESS
        | FaultReason::SECOND_STAGE_ACCESS
        | FaultReason::SECOND_STAGE_POINTER
        | FaultReason::AD_UPDATE => IommuFaultReason::WALK_EABT,
        FaultReason::FIRST_STAGE_NOT_PRESENT
        | FaultReason::FIRST_STAGE_RESERVED
        | FaultReason::SECOND_STAGE_RESERVED => IommuFaultReason::PTE_FETCH,
        FaultReason::NESTED_TOP_READ
        | FaultReason::NESTED_READ
        | FaultReason::NESTED_WRITE
        | FaultReason::SECOND_STAGE_PERMISSION
        | FaultReason::USER_SUPERVISOR
        | FaultReason::NO_EXECUTE
        | FaultReason::NO_WRITE
        | FaultReason::NO_READ
        | FaultReason::PASID_ENTRY_ERE
        | FaultReason::PASID_ENTRY_SRE => IommuFaultReason::PERMISSION,
        FaultReason::NESTED_BEYOND_MGAW
        | FaultReason::NON_CANONICAL
        | FaultReason::BEYOND_MAXIMUM
        | FaultReason::SECOND_STAGE_BEYOND
        | FaultReason::INTERRUPT_RANGE => IommuFaultReason::OOR_ADDRESS,
        _ => IommuFaultReason::UNKNOWN,
    }
}
