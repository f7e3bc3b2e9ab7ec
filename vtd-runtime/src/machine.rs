//! A whole machine in a few lines: memory, unit, driver, a device, and a guest with tables of its own. For tests,
//! examples, and those who compare a virtual unit with this one.
//!
//! | host-physical | what |
//! |---|---|
//! | from 1 MiB | the driver's tables and queues |
//! | from 4 MiB | second-stage tables |
//! | from 16 MiB | 16 MiB of the guest: its address 0 is here |

use std::sync::Arc;

use argsz::Rejection;
use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{IommuGpasidBindData, IommuGpasidBindDataVtd};

use crate::device::Device;
use crate::driver::{DeviceInfo, Domain, Driver, Process, Profile, Setup as DriverSetup};
use crate::hw::{FirstStageEntry, PasidEntryAw, SecondStageEntry};
use crate::memory::{Memory, VecMemory};
use crate::tables::{Frames, MapError, Tables};
use crate::unit::{Setup, Unit};

/// Where the guest's memory begins.
pub const GUEST: u64 = 0x100_0000;
/// Bytes of the guest's memory.
pub const GUEST_BYTES: u64 = 0x100_0000;
/// The device.
pub const SOURCE: u16 = 0x0310;
/// The domain of the guest.
pub const DOMAIN: u16 = 7;
/// The process that runs the guest.
pub const VMM: Process = Process(1);

/// Unit and driver are shared; what they are over is too.
pub type SharedUnit<M> = Arc<Unit<M>>;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which driver.
    pub profile: Profile,
    /// Which unit.
    pub unit: Setup,
    /// Levels of the guest's tables: 4 or 5.
    pub first_levels: u8,
    /// Levels of the second stage: 3, 4 or 5.
    pub second_levels: u8,
    /// Pages of the second stage have `1 << second_shift` bytes.
    pub second_shift: u8,
}

impl Default for Plan {
    fn default() -> Self {
        Self { profile: Profile::Strict, unit: Setup::default(), first_levels: 4, second_levels: 4, second_shift: 12 }
    }
}

/// A machine.
pub struct Machine<M = Arc<VecMemory>> {
    /// Host memory.
    pub memory: M,
    /// The unit.
    pub unit: SharedUnit<M>,
    /// The host's driver.
    pub driver: Driver<SharedUnit<M>, M>,
    /// A device with a TLB.
    pub device: Arc<Device>,
    /// The guest's first-stage tables.
    pub first: Tables,
    /// The second stage.
    pub second: Tables,
    /// Guest-physical memory that is not in use.
    pub guest_frames: Frames,
    /// Host memory for second-stage tables.
    pub host_frames: Frames,
    /// How it was built.
    pub plan: Plan,
}

/// Why a machine could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The driver refused.
    Driver(Rejection),
    /// A table could not be built.
    Map(MapError),
}

impl From<Rejection> for BuildError {
    fn from(rejection: Rejection) -> Self {
        Self::Driver(rejection)
    }
}

impl From<MapError> for BuildError {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Driver(rejection) => rejection.fmt(f),
            Self::Map(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl Machine {
    /// As planned, over 32 MiB of zeros.
    pub fn new(plan: Plan) -> Result<Self, BuildError> {
        Self::over(Arc::new(VecMemory::new(0x200_0000)), plan)
    }
}

impl<M: Memory + Clone> Machine<M> {
    /// As planned, over a memory of at least 32 MiB.
    pub fn over(memory: M, plan: Plan) -> Result<Self, BuildError> {
        let unit = Arc::new(Unit::new(memory.clone(), plan.unit));
        let setup = DriverSetup::new(plan.profile, 0x10_0000..0x40_0000);
        let mut driver = Driver::new(unit.clone(), memory.clone(), setup)?;
        let mut host_frames = Frames::new(0x40_0000..GUEST);
        let second = Tables::new(&memory, &mut host_frames, plan.second_levels, 0)?;
        let everything = SecondStageEntry::new().with_r(true).with_w(true);
        for page in (0..GUEST_BYTES).step_by(1 << plan.second_shift) {
            let entry = everything.with_addr(GUEST + page);
            second.map_second(&memory, &mut host_frames, page, plan.second_shift, entry)?;
        }
        let mut guest_frames = Frames::new(0x10_0000..GUEST_BYTES);
        let first = Tables::new(&memory, &mut guest_frames, plan.first_levels, GUEST)?;
        let width = PasidEntryAw(plan.second_levels - 2);
        let max_address = GUEST_BYTES - 1;
        driver.add_domain(DOMAIN, Domain { table: second.top, width, max_address, nesting: true })?;
        driver.attach(SOURCE, DeviceInfo::default(), Some(DOMAIN))?;
        let device = Device::new(SOURCE, 256);
        unit.plug(SOURCE, device.clone());
        Ok(Self { memory, unit, driver, device, first, second, guest_frames, host_frames, plan })
    }

    /// Maps a page of the guest: `1 << shift` bytes at `virt` to guest-physical `phys`, for users to read and write.
    pub fn map(&mut self, virt: u64, phys: u64, shift: u8) -> Result<(), MapError> {
        let entry = FirstStageEntry::new().with_p(true).with_rw(true).with_us(true).with_addr(phys);
        self.first.map_first(&self.memory, &mut self.guest_frames, virt, shift, entry)
    }

    /// A bind request for the guest's tables.
    pub fn bind_data(&self, pasid: u32) -> IommuGpasidBindData {
        IommuGpasidBindData::builder()
            .addr_width(if self.plan.first_levels == 5 { 57 } else { 48 })
            .gpgd(self.first.top)
            .hpasid(u64::from(pasid))
            .vtd(IommuGpasidBindDataVtd::default())
            .build()
    }

    /// Allocates a PASID and binds the guest's tables to it.
    pub fn bind(&mut self) -> Result<u32, Rejection> {
        let pasid = self.driver.alloc_pasid()?;
        let data = self.bind_data(pasid);
        self.driver.bind_gpasid(VMM, SOURCE, data.as_bytes())?;
        Ok(pasid)
    }
}
