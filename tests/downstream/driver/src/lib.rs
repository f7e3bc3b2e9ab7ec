//! A driver of somebody's own: one struct without a schema, one tied to a schema, one schema taken whole.
#![no_std]

use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Described by its attributes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "argsz", min = "kind", errno(reserved = "EOPNOTSUPP"))]
#[uapi(min_size(when = "kind == WIDE", covers = "body.wide"))]
#[uapi(min_size(when = "kind == SMALL", covers = "body.small"))]
#[uapi(refuse(when = "kind == NONE && flags.has(SYNC)", why = "nothing cannot be waited for", errno = "EBUSY"))]
#[repr(C)]
pub struct Work {
    /// Size of the struct as the user knows it.
    #[uapi(argsz)]
    pub argsz: u32,
    /// Version of the struct.
    #[uapi(version = 1)]
    pub version: u32,
    /// `SYNC`: come back when it is done.
    #[uapi(flags(SYNC = 0, QUIET = 63))]
    pub flags: u64,
    /// Room.
    #[uapi(reserved)]
    pub pad: u32,
    /// What `body` holds.
    #[uapi(values(NONE = 0, SMALL = 1, WIDE = 2))]
    pub kind: u32,
    /// By `kind`.
    #[uapi(selector(kind, SMALL = "u64", WIDE = "u64[4]", NONE))]
    pub body: [u64; 4],
}

/// Tied to `demo_request` of the schema, as it was at 1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(schema = "schema/demo.toml", item = "demo_request", release = "1.0")]
#[repr(C, align(8))]
pub struct OldRequest {
    /// Size of the struct as the user knows it.
    pub argsz: u32,
    /// What it says.
    pub flags: u32,
    /// Where.
    pub addr: u64,
}

/// The whole schema, as generated.
pub mod demo {
    argsz::schema!("schema/demo.toml", release = "2.0");
}
