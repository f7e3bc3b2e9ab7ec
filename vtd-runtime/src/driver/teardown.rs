//! Undoing a bind.

use argsz::{Rejection, UserMemory, refuse};
use argsz_linux::iommu::IommuGpasidBindData;
use tracing::info_span;

use super::queue::short;
use super::{Attached, Driver};
use crate::hw::{
    InvIotlb, InvIotlbG, InvPasidCache, InvPasidCacheG, InvPasidDeviceTlb, InvPasidIotlb, InvPasidIotlbG, InvWait,
    PasidEntry, Prs,
};
use crate::memory::Memory;
use crate::registers::{Mmio, narrow};

/// How often page requests are drained while their ring keeps overflowing.
const DRAINS: usize = 16;
/// With S: every address.
const EVERYWHERE: u64 = 0x7fff_ffff_ffff_f000;

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// `iommu_uapi_sva_unbind_gpasid`: from a user's whole `struct iommu_gpasid_bind_data`, of which `hpasid` counts.
    ///
    /// To unbind what was never bound is no error.
    pub fn unbind_gpasid(&mut self, source: u16, user: &(impl UserMemory + ?Sized)) -> Result<(), Rejection> {
        let data = IommuGpasidBindData::copy_from_user(user)?;
        match u32::try_from(data.hpasid) {
            Ok(pasid) => self.unbind_pasid(source, pasid),
            Err(_) => too_large(),
        }
    }

    /// `iommu_sva_unbind_gpasid`: the same for callers in the kernel, without bytes of a user.
    pub fn unbind_pasid(&mut self, source: u16, pasid: u32) -> Result<(), Rejection> {
        let _span = info_span!("unbind_gpasid", source, pasid).entered();
        if pasid >= 1 << 20 {
            return too_large();
        }
        if !self.pasids.contains(&pasid) {
            return refuse!(
                "intel_vtd/unbind-not-allocated",
                "hpasid",
                32,
                ENOENT,
                "the PASID must have been allocated"
            );
        }
        if self.bindings.remove(&(source, pasid)).is_none() {
            return Ok(());
        }
        let Some(device) = self.devices.get(&source).copied() else { return Ok(()) };
        self.tear_down(source, pasid, &device)?;
        self.drain_requests(source, pasid, &device)
    }

    /// The entry, then the caches from the one nearest to it outwards.
    fn tear_down(&mut self, source: u16, pasid: u32, device: &Attached) -> Result<(), Rejection> {
        let Some(at) = self.entry_at(device.directory, pasid, false)? else { return Ok(()) };
        // Word 0 first here: nothing is to be made of half an entry.
        self.memory.store(at, 0).map_err(super::Failed::from)?;
        self.write_entry(at, [0; PasidEntry::WORDS])?;
        let domain = device.domain.unwrap_or_default();
        let mut flush = vec![
            short(InvPasidCache::new().with_g(InvPasidCacheG::PASID).with_did(domain).with_pasid(pasid).words()),
            // The entry was nested: by domain.
            short(InvIotlb::new().with_g(InvIotlbG::DOMAIN).with_did(domain).words()),
        ];
        if device.info.ats {
            flush.push(short(everywhere(source, pasid, device).words()));
        }
        self.submit(&flush, false)
    }

    /// Until no request of the PASID is on its way any more, and no answer to one.
    fn drain_requests(&mut self, source: u16, pasid: u32, device: &Attached) -> Result<(), Rejection> {
        if !device.info.ats {
            return Ok(());
        }
        let domain = device.domain.unwrap_or_default();
        for _ in 0..DRAINS {
            self.take_page_requests()?;
            let drain = [
                short(InvWait::new().with_fence(true).words()),
                short(InvPasidIotlb::new().with_g(InvPasidIotlbG::PASID).with_did(domain).with_pasid(pasid).words()),
                short(everywhere(source, pasid, device).words()),
            ];
            self.submit(&drain, true)?;
            if !Prs::from_words(narrow(self.mmio.read(Prs::OFFSET))).pro() {
                break;
            }
        }
        self.take_page_requests()
    }
}

/// The device forgets all of a PASID.
fn everywhere(source: u16, pasid: u32, device: &Attached) -> InvPasidDeviceTlb {
    InvPasidDeviceTlb::new()
        .with_sid(source)
        .with_pasid(pasid)
        .with_pfsid(device.info.pfsid)
        .with_qdep(device.info.queue_depth)
        .with_s(true)
        .with_addr(EVERYWHERE)
}

fn too_large<T>() -> Result<T, Rejection> {
    refuse!("intel_vtd/unbind-hpasid", "hpasid", 32, EINVAL, "a host PASID has 20 bits")
}
