//! Nested translation of Intel VT-d in user space, on generated types.
//!
//! Three parts meet only in memory and in registers: a [`Driver`](driver::Driver) takes the bytes of a user, judges
//! them with the generated validators, and writes PASID tables and an invalidation queue; a [`Unit`] does what the
//! hardware does with these, and with requests of a [`Device`](device::Device), which has a TLB of its own and asks for
//! pages. A VMM tests its virtual unit against them, or looks on at each step.
//!
//! Layouts, fault reasons and the table of invalidations are generated (`argsz_linux::vtd`), as the checks of user bytes
//! are (`argsz_linux::iommu`).

mod caches;
mod counters;
pub mod device;
pub mod driver;
pub mod dump;
mod faults;
pub mod hw;
pub mod machine;
pub mod memory;
mod prq;
mod queue;
mod registers;
mod request;
mod sync;
pub mod tables;
mod unit;
mod walk;

pub use caches::CacheSizes;
pub use counters::{CacheCount, Counters};
pub use prq::{Asked, GroupResponse, PageAsk};
pub use queue::{Acknowledgement, DeviceInvalidation, Endpoint, Progress};
pub use registers::Mmio;
pub use request::{Access, Fault, Kind, Request, Translation};
pub use unit::{Held, Setup, Unit};
pub use walk::{Limits, Place, Stage, Step, Trace};
