//! Invalidations a guest asks for.

use argsz::{Rejection, UserMemory, refuse};
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrFlags, IommuInvGranularity, IommuInvPasidFlags,
};
use tracing::info_span;

use super::queue::{Descriptor, short};
use super::{Attached, Driver};
use crate::hw::{
    InvCache, InvGranularity, InvPasidDeviceTlb, InvPasidIotlb, InvPasidIotlbG, Invalidation, InvalidationLinux510,
};
use crate::memory::Memory;
use crate::registers::Mmio;

/// The caches, by their flags, in the order they are dealt with.
const CACHES: [(IommuCacheInvType, InvCache); 3] = [
    (IommuCacheInvType::IOTLB, InvCache::IOTLB),
    (IommuCacheInvType::DEV_IOTLB, InvCache::DEV_IOTLB),
    (IommuCacheInvType::PASID, InvCache::PASID),
];
/// With S: every address.
const EVERYWHERE: u64 = 0x7fff_ffff_ffff_f000;
/// A range that would take more descriptors than this becomes one of the whole PASID.
const PIECES: usize = 16;

/// A power of two of pages, at a multiple of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    address: u64,
    order: u8,
}

/// What a request is about.
struct Scope {
    domain: u16,
    source: u16,
    device: Attached,
    /// As the user gave it, cut to 32 bits as the driver of 5.10 does.
    pasid: u32,
    leaf: bool,
    /// `None`: all addresses.
    pieces: Option<Vec<Piece>>,
}

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// `iommu_uapi_cache_invalidate`: from a user's `struct iommu_cache_invalidate_info`.
    pub fn cache_invalidate(&mut self, source: u16, user: &(impl UserMemory + ?Sized)) -> Result<(), Rejection> {
        let _span = info_span!("cache_invalidate", source).entered();
        let info = IommuCacheInvalidateInfo::copy_from_user(user)?;
        if self.strict() {
            info.check_intel_vtd_strict()?;
        } else {
            info.check_intel_vtd()?;
        }
        let Some(device) = self.devices.get(&source).copied().filter(|device| device.info.pci) else {
            return refuse!("intel_vtd/invalidate-no-device", "", 0, ENODEV, "a PCI device under the unit is needed");
        };
        let Some((domain, _)) = self.domain_of(&device).filter(|(_, domain)| domain.nesting) else {
            return refuse!("intel_vtd/invalidate-not-nesting", "", 0, EINVAL, "the domain must be nesting");
        };
        let pasid = pasid_of(&info);
        if self.strict() && pasid >= 1 << 20 {
            return refuse!("intel_vtd/invalidate-pasid", "granu", 16, EINVAL, "a PASID has 20 bits");
        }
        let scope = Scope {
            domain,
            source,
            device,
            #[expect(clippy::cast_possible_truncation, reason = "that is what the driver does; strict has looked")]
            pasid: pasid as u32,
            leaf: info.granularity == IommuInvGranularity::ADDR
                && info.addr_info().flags.contains(IommuInvAddrFlags::LEAF),
            pieces: self.pieces(&info),
        };
        let mut descriptors = Vec::new();
        for (_, cache) in CACHES.into_iter().filter(|(flag, _)| info.cache.contains(*flag)) {
            self.cell(cache, InvGranularity(info.granularity.0), &scope, &mut descriptors)?;
        }
        let submitted = self.submit(&descriptors, false);
        // The driver of 5.10 does not look at how its submission ended.
        if self.strict() { submitted } else { Ok(()) }
    }

    /// What the table of the profile makes of a cache and a granularity.
    fn cell(
        &self,
        cache: InvCache,
        granularity: InvGranularity,
        scope: &Scope,
        into: &mut Vec<Descriptor>,
    ) -> Result<(), Rejection> {
        let cell = if self.strict() {
            Invalidation::of(cache, granularity)
        } else {
            InvalidationLinux510::of(cache, granularity).map(of_5_10)
        };
        let (domain, pasid) = (scope.domain, u64::from(scope.pasid));
        match cell {
            Some(Invalidation::InvPasidIotlb(like)) => {
                scope.iotlb(like, into);
                // What the device remembers came from there.
                if scope.device.info.ats {
                    scope.device_tlb(InvPasidDeviceTlb::new(), into);
                }
            }
            Some(Invalidation::InvPasidDeviceTlb(like)) => scope.device_tlb(like, into),
            Some(Invalidation::InvIotlb(like)) => {
                into.push(short(like.with_did(domain).words()));
                if scope.device.info.ats {
                    let all = InvPasidDeviceTlb::new().with_g(true).with_s(true).with_addr(EVERYWHERE);
                    into.push(short(scope.addressed(all).words()));
                }
            }
            Some(Invalidation::InvPasidCache(like)) => {
                let [w0, w1] = like.with_did(domain).words();
                into.push([w0 | pasid << 32, w1, 0, 0]);
            }
            Some(Invalidation::Nothing(_)) => {}
            Some(Invalidation::Refused(_)) | None => {
                return refuse!("intel_vtd/invalidate-pair", "cache", 8, EINVAL, "the cache has no such granularity");
            }
        }
        Ok(())
    }

    /// The pieces of the request's range; `None` if it is about all addresses.
    fn pieces(&self, info: &IommuCacheInvalidateInfo) -> Option<Vec<Piece>> {
        if info.granularity != IommuInvGranularity::ADDR {
            return None;
        }
        let range = info.addr_info();
        if self.strict() {
            // The layer has judged that this does not overflow.
            return split(range.addr, range.granule_size.checked_mul(range.nb_granules)?, self.cap.mamv());
        }
        // 5.10: one piece, the address rounded down to it, and its order as large as it comes.
        let pages = range.granule_size.wrapping_mul(range.nb_granules) >> 12;
        let order = u8::try_from(64 - pages.saturating_sub(1).leading_zeros()).unwrap_or_default();
        Some(vec![Piece { address: range.addr & !((0x1000_u64 << order.min(51)) - 1), order }])
    }
}

/// A range in aligned pieces of at most `2^largest` pages; `None` if there would be too many.
fn split(address: u64, bytes: u64, largest: u8) -> Option<Vec<Piece>> {
    let (mut at, mut left) = (address >> 12, bytes.div_ceil(0x1000));
    let mut pieces = Vec::new();
    while left > 0 {
        if pieces.len() == PIECES {
            return None;
        }
        let aligned = if at == 0 { 63 } else { at.trailing_zeros() };
        let order = u8::try_from(aligned.min(left.ilog2())).unwrap_or_default().min(largest);
        pieces.push(Piece { address: at << 12, order });
        at = at.wrapping_add(1 << order);
        left -= 1 << order;
    }
    Some(pieces)
}

impl Scope {
    fn iotlb(&self, like: InvPasidIotlb, into: &mut Vec<Descriptor>) {
        let like = like.with_did(self.domain);
        let mut push = |descriptor: InvPasidIotlb| {
            let [w0, w1] = descriptor.words();
            into.push([w0 | u64::from(self.pasid) << 32, w1, 0, 0]);
        };
        match &self.pieces {
            None => push(like.with_g(InvPasidIotlbG::PASID)),
            Some(pieces) => pieces.iter().for_each(|piece| {
                push(like.with_am(piece.order).with_ih(self.leaf).with_addr(piece.address));
            }),
        }
    }

    fn device_tlb(&self, like: InvPasidDeviceTlb, into: &mut Vec<Descriptor>) {
        let like = self.addressed(like);
        match &self.pieces {
            None => into.push(short(like.with_s(true).with_addr(EVERYWHERE).words())),
            Some(pieces) => into.extend(pieces.iter().map(|piece| {
                // The lowest clear bit is the size: all below it are set.
                let size = 0x1000_u64.checked_shl(u32::from(piece.order)).unwrap_or(1 << 63);
                let below = (size / 2).saturating_sub(0x1000) & !0xfff;
                let large = piece.order > 0;
                short(like.with_s(large).with_addr(piece.address | if large { below } else { 0 }).words())
            })),
        }
    }

    fn addressed(&self, like: InvPasidDeviceTlb) -> InvPasidDeviceTlb {
        let info = self.device.info;
        like.with_sid(self.source).with_pasid(self.pasid).with_pfsid(info.pfsid).with_qdep(info.queue_depth)
    }
}

fn pasid_of(info: &IommuCacheInvalidateInfo) -> u64 {
    match info.granularity {
        IommuInvGranularity::PASID if info.pasid_info().flags.contains(IommuInvPasidFlags::PASID) => {
            info.pasid_info().pasid
        }
        IommuInvGranularity::ADDR if info.addr_info().flags.contains(IommuInvAddrFlags::PASID) => {
            info.addr_info().pasid
        }
        _ => 0,
    }
}

/// A cell of the older table, in the words of the other.
fn of_5_10(cell: InvalidationLinux510) -> Invalidation {
    match cell {
        InvalidationLinux510::Refused(why) => Invalidation::Refused(why),
        InvalidationLinux510::Nothing(why) => Invalidation::Nothing(why),
        InvalidationLinux510::InvPasidIotlb(like) => Invalidation::InvPasidIotlb(like),
        InvalidationLinux510::InvPasidDeviceTlb(like) => Invalidation::InvPasidDeviceTlb(like),
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, split};

    #[test]
    fn a_range_is_split_at_its_alignment() {
        let pieces = split(0x3000, 0x5000, 18).expect("few");
        let expected = [(0x3000, 0), (0x4000, 2)].map(|(address, order)| Piece { address, order });
        assert_eq!(pieces, expected);
        assert_eq!(split(0, 0x4000_0000, 18), Some(vec![Piece { address: 0, order: 18 }]));
        assert_eq!(split(0, 0x8000_0000, 18).map(|pieces| pieces.len()), Some(2));
        assert_eq!(split(0, u64::MAX, 0), None, "better all of the PASID");
    }
}
