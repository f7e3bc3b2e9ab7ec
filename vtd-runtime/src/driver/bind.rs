//! Binding a guest's first-stage tables to a PASID of the host.

use argsz::{Rejection, UserMemory, refuse};
use argsz_linux::iommu::{IommuGpasidBindData, IommuGpasidBindFlags, IommuSvaVtdGpasidFlags};
use tracing::info_span;

use super::queue::short;
use super::{Binding, Domain, Driver, Failed, Process};
use crate::hw::{
    InvPasidCache, InvPasidCacheG, InvPasidIotlb, InvPasidIotlbG, PasidEntry, PasidEntryFspm, PasidEntryPgtt,
};
use crate::memory::Memory;
use crate::registers::Mmio;

/// What the generated layer of the vendor says, to be heard where the driver asks: rules that come after look-ups are
/// in the same list as those before them.
struct Verdict(Result<(), Rejection>);

impl Verdict {
    /// Hears the rules that need no look-up.
    fn before_lookups(&self) -> Result<(), Rejection> {
        match self.0 {
            Err(rejection) if !LATE.contains(&rejection.rule) => Err(rejection),
            _ => Ok(()),
        }
    }

    fn hear(&self, rule: &str) -> Result<(), Rejection> {
        match self.0 {
            Err(rejection) if rejection.rule == rule => Err(rejection),
            _ => Ok(()),
        }
    }
}

const HPASID: &str = "iommu_gpasid_bind_data/vtd-hpasid";
const ADDR_WIDTH: &str = "iommu_gpasid_bind_data/vtd-addr-width";
const LATE: [&str; 2] = [HPASID, ADDR_WIDTH];

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// `iommu_uapi_sva_bind_gpasid`: from a user's `struct iommu_gpasid_bind_data`.
    pub fn bind_gpasid(
        &mut self,
        process: Process,
        source: u16,
        user: &(impl UserMemory + ?Sized),
    ) -> Result<(), Rejection> {
        let _span = info_span!("bind_gpasid", source).entered();
        let data = IommuGpasidBindData::copy_from_user(user)?;
        let verdict = Verdict(if self.strict() { data.check_intel_vtd_strict() } else { data.check_intel_vtd() });
        verdict.before_lookups()?;
        let device = self.devices.get(&source).copied();
        if device.is_some_and(|device| !device.info.pci) {
            return refuse!("intel_vtd/not-pci", "", 0, ENOTSUPP, "only PCI devices have PASIDs");
        }
        if device.is_some_and(|device| device.info.pasid_bits != 20) {
            return refuse!("intel_vtd/pasid-bits", "", 0, EINVAL, "the device must know all 20 bits of a PASID");
        }
        verdict.hear(HPASID)?;
        let Some(device) = device else {
            return refuse!("intel_vtd/no-device", "", 0, EINVAL, "the device must be under the unit");
        };
        let hpasid = u32::try_from(data.hpasid).unwrap_or(u32::MAX);
        if !self.pasids.contains(&hpasid) {
            return refuse!(
                "intel_vtd/pasid-not-allocated",
                "hpasid",
                32,
                ENOENT,
                "the PASID must have been allocated"
            );
        }
        if self.bindings.contains_key(&(source, hpasid)) {
            return refuse!("intel_vtd/already-bound", "hpasid", 32, EBUSY, "a device and PASID are bound once");
        }
        if self.bindings.len() >= self.setup.max_bindings {
            return refuse!("intel_vtd/no-memory-to-bind", "", 0, ENOMEM, "there must be memory for one more binding");
        }
        let Some((id, domain)) = self.domain_of(&device).filter(|_| device.info.pasids) else {
            return refuse!("intel_vtd/no-domain", "", 0, EINVAL, "the device must have a domain, and PASIDs enabled");
        };
        if !self.ecap.nest() || !domain.nesting {
            return refuse!("intel_vtd/not-nesting", "", 0, EINVAL, "unit and domain must be able to nest");
        }
        let Some(at) = self.entry_at(device.directory, hpasid, true)? else {
            return refuse!("intel_vtd/no-entry", "hpasid", 32, EINVAL, "the PASID must have an entry");
        };
        let old = PasidEntry::from_words([self.memory.load(at).map_err(Failed::from)?, 0, 0, 0, 0, 0, 0, 0]);
        if old.p() {
            return refuse!("intel_vtd/entry-in-use", "hpasid", 32, EBUSY, "the entry of the PASID must be free");
        }
        self.judge_attributes(&data, &verdict, &domain)?;
        self.write_entry(at, self.nested_entry(&data, id, &domain))?;
        let guest = data.flags.contains(IommuGpasidBindFlags::GPASID_VAL).then_some(data.gpasid);
        self.bindings.insert((source, hpasid), Binding { process, guest });
        self.announce(id, hpasid)
    }

    /// What depends on the unit's abilities.
    fn judge_attributes(
        &self,
        data: &IommuGpasidBindData,
        verdict: &Verdict,
        domain: &Domain,
    ) -> Result<(), Rejection> {
        if data.addr_width == 57 && !self.cap.fl5lp() {
            return refuse!("intel_vtd/no-five-levels", "addr_width", 12, EINVAL, "the unit has no five levels");
        }
        verdict.hear(ADDR_WIDTH)?;
        if data.gpgd > domain.max_address {
            return refuse!("intel_vtd/gpgd-beyond", "gpgd", 24, EINVAL, "the table must lie in the domain");
        }
        let vtd = data.vtd();
        if vtd.flags.contains(IommuSvaVtdGpasidFlags::SRE) && !self.ecap.srs() {
            return refuse!(
                "intel_vtd/no-sre",
                "vendor.vtd.flags",
                56,
                EINVAL,
                "the unit knows no supervisor requests"
            );
        }
        if vtd.flags.contains(IommuSvaVtdGpasidFlags::EAFE) && !self.ecap.eafs() {
            return refuse!(
                "intel_vtd/no-eafe",
                "vendor.vtd.flags",
                56,
                EINVAL,
                "the unit has no extended accessed flag"
            );
        }
        let types = vtd.flags.intersects(MEMORY_TYPES);
        if types && !(self.strict() && self.ecap.mts()) {
            return refuse!(
                "intel_vtd/no-memory-types",
                "vendor.vtd.flags",
                56,
                EINVAL,
                "the unit has no memory types"
            );
        }
        if !self.strict() {
            return Ok(());
        }
        if vtd.pat != 0 && !types {
            return refuse!(
                "intel_vtd/pat-without-effect",
                "vendor.vtd.pat",
                64,
                EINVAL,
                "PAT counts with memory types"
            );
        }
        if vtd.emt != 0 && !vtd.flags.contains(IommuSvaVtdGpasidFlags::EMTE) || vtd.emt > 7 {
            return refuse!("intel_vtd/emt-without-effect", "vendor.vtd.emt", 68, EINVAL, "EMT has 3 bits, under EMTE");
        }
        Ok(())
    }

    fn nested_entry(&self, data: &IommuGpasidBindData, id: u16, domain: &Domain) -> [u64; PasidEntry::WORDS] {
        let vtd = data.vtd();
        let five = data.addr_width == 57;
        let mut entry = PasidEntry::new()
            .with_p(true)
            .with_pgtt(PasidEntryPgtt::NESTED)
            .with_aw(domain.width)
            .with_ssptr(domain.table)
            .with_did(id)
            .with_pwsnp(self.ecap.smpwc())
            .with_sre(vtd.flags.contains(IommuSvaVtdGpasidFlags::SRE))
            .with_eafe(vtd.flags.contains(IommuSvaVtdGpasidFlags::EAFE))
            .with_fspm(if five { PasidEntryFspm::LEVEL_5 } else { PasidEntryFspm::LEVEL_4 })
            .with_fsptr(data.gpgd);
        if vtd.flags.intersects(MEMORY_TYPES) {
            entry = entry
                .with_cd(vtd.flags.contains(IommuSvaVtdGpasidFlags::CD))
                .with_emte(vtd.flags.contains(IommuSvaVtdGpasidFlags::EMTE))
                .with_emt(u8::try_from(vtd.emt & 7).unwrap_or_default())
                .with_pwt(vtd.flags.contains(IommuSvaVtdGpasidFlags::PWT))
                .with_pcd(vtd.flags.contains(IommuSvaVtdGpasidFlags::PCD))
                .with_pat(vtd.pat);
        }
        let mut words = entry.words();
        if !self.strict() {
            // The driver of 5.10 does not mask the pointer: its low bits end up in SRE, FSPM, WPE and EAFE.
            words[2] |= data.gpgd;
        }
        words
    }

    /// A unit in caching mode remembers what was not present.
    fn announce(&mut self, domain: u16, pasid: u32) -> Result<(), Rejection> {
        if !self.cap.cm() {
            return Ok(());
        }
        let flush = [
            short(InvPasidCache::new().with_g(InvPasidCacheG::PASID).with_did(domain).with_pasid(pasid).words()),
            short(InvPasidIotlb::new().with_g(InvPasidIotlbG::PASID).with_did(domain).with_pasid(pasid).words()),
        ];
        self.submit(&flush, false)
    }
}

const MEMORY_TYPES: IommuSvaVtdGpasidFlags = IommuSvaVtdGpasidFlags::MTS_MASK;
