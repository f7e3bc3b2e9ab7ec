//! The contract of extensible kernel structs at run time.
//!
//! What `argsz` generates stands on this crate: structs whose layout is proved ([`Uapi`]), flags that keep unknown
//! bits, and validators that read the memory of a user once ([`UserMemory`]) and say which rule refused it
//! ([`Rejection`]). Nothing here allocates, nothing panics, nothing is `unsafe`.
#![no_std]

mod abi;
mod chain;
mod errno;
mod memory;
mod num;
pub mod read;
mod rejection;
mod uapi;

pub use abi::{ioctl, per_abi};
#[cfg(feature = "derive")]
pub use argsz_derive::{Uapi, schema};
pub use bitflags;
pub use chain::{BrokenChain, Chain, Link, Links};
pub use errno::Errno;
pub use memory::{Fault, Mapping, UserMemory, UserSpace};
pub use num::{Be16, Be32, Be64, Le16, Le32, Le64, Unaligned};
pub use rejection::{Refusal, Rejection};
pub use uapi::{Uapi, arm, arm_mut, flags_debug, flexible, value_debug};
pub use zerocopy;
