//! A device: it asks for addresses, remembers what it was told, and asks for pages that are not there.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::caches::DeviceTlb;
use crate::faults::recoverable;
use crate::memory::Memory;
use crate::prq::{Asked, GroupResponse, PageAsk};
use crate::queue::{Acknowledgement, DeviceInvalidation, Endpoint};
use crate::request::{Access, Fault, Request, Translation};
use crate::unit::Unit;

/// Why a device cannot access an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nothing is there, or not for this kind of access: it may ask for the page.
    NoPage(Fault),
    /// The unit refused to answer.
    Refused(Fault),
}

impl Denied {
    /// What the unit said.
    #[must_use]
    pub const fn fault(&self) -> &Fault {
        match self {
            Self::NoPage(fault) | Self::Refused(fault) => fault,
        }
    }
}

/// How a device answers invalidations: well, or, for tests of those who wait for it, badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Manners {
    /// At once.
    Prompt = 0,
    /// When [`Device::catch_up`] is called.
    Late = 1,
    /// Never.
    Mute = 2,
}

/// A device behind a unit.
pub struct Device {
    source: u16,
    tlb: DeviceTlb,
    manners: AtomicU8,
    owed: AtomicU64,
    hits: AtomicU64,
    responses: Mutex<Vec<GroupResponse>>,
}

impl Device {
    /// A device whose TLB has room for `entries` pages.
    #[must_use]
    pub fn new(source: u16, entries: usize) -> Arc<Self> {
        Arc::new(Self {
            source,
            tlb: DeviceTlb::new(entries),
            manners: AtomicU8::new(Manners::Prompt as u8),
            owed: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            responses: Mutex::default(),
        })
    }

    /// Bus 15:8, device 7:3, function 2:0.
    #[must_use]
    pub fn source(&self) -> u16 {
        self.source
    }

    /// The host-physical address of `address`, from the device's TLB or the unit.
    pub fn access<M: Memory>(
        &self,
        unit: &Unit<M>,
        pasid: u32,
        address: u64,
        access: Access,
    ) -> Result<Translation, Denied> {
        if let Some(known) = self.tlb.get(pasid, address).filter(|known| suits(known, access)) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(known);
        }
        let epoch = self.tlb.epoch();
        let request = Request::new(self.source, Some(pasid), address, access).translation();
        match unit.translate(&request) {
            Ok(held) => {
                let translation = held.translation();
                self.tlb.put(pasid, address, translation, epoch);
                Ok(translation)
            }
            Err(fault) if recoverable(fault.reason) => Err(Denied::NoPage(fault)),
            Err(fault) => Err(Denied::Refused(fault)),
        }
    }

    /// Asks for the page of `address`, as the only one of `group`.
    pub fn ask<M: Memory>(
        &self,
        unit: &Unit<M>,
        pasid: u32,
        address: u64,
        write: bool,
        group: u16,
    ) -> Result<Asked, Fault> {
        unit.page_request(&PageAsk::new(self.source, pasid, address, write, group))
    }

    /// The answers that came since the last call.
    pub fn responses(&self) -> Vec<GroupResponse> {
        std::mem::take(&mut *self.responses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Accesses that its own TLB answered.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// From now on it answers invalidations like this.
    pub fn behave(&self, manners: Manners) {
        self.manners.store(manners as u8, Ordering::Relaxed);
    }

    /// Sends the acknowledgements it owes.
    pub fn catch_up<M: Memory>(&self, unit: &Unit<M>) {
        for _ in 0..self.owed.swap(0, Ordering::Relaxed) {
            unit.complete_invalidation(self.source);
        }
    }
}

fn suits(known: &Translation, access: Access) -> bool {
    match access {
        Access::Read => known.read,
        Access::Write => known.write,
        Access::ReadWrite => known.read && known.write,
        Access::Execute => known.execute,
    }
}

impl Endpoint for Device {
    fn invalidate(&self, what: &DeviceInvalidation) -> Acknowledgement {
        let manners = self.manners.load(Ordering::Relaxed);
        if manners != Manners::Mute as u8 {
            self.tlb.forget(what);
        }
        if manners == Manners::Prompt as u8 {
            return Acknowledgement::Now;
        }
        if manners == Manners::Late as u8 {
            self.owed.fetch_add(1, Ordering::Relaxed);
        }
        Acknowledgement::Later
    }

    fn respond(&self, response: &GroupResponse) {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner).push(*response);
    }
}
