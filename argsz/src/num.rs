//! Numbers whose byte order does not depend on the machine, with the size and alignment C gives them.

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

macro_rules! ordered {
    ($($name:ident, $of:ident, $c:literal, $from:ident, $to:ident, $order:literal;)*) => {$(
        #[doc = concat!("A `", stringify!($of), "` whose bytes lie in ", $order, "-endian order: C's `", $c, "`.")]
        #[repr(transparent)]
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, KnownLayout, Immutable)]
        pub struct $name($of);

        impl $name {
            /// From a number of this machine.
            #[must_use]
            pub const fn new(value: $of) -> Self {
                Self(value.$to())
            }

            /// As a number of this machine.
            #[must_use]
            pub const fn get(self) -> $of {
                $of::$from(self.0)
            }
        }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                Self::new(value)
            }
        }

        impl From<$name> for $of {
            fn from(value: $name) -> Self {
                value.get()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.get(), f)
            }
        }
    )*};
}

ordered! {
    Le16, u16, "__le16", from_le, to_le, "little";
    Le32, u32, "__le32", from_le, to_le, "little";
    Le64, u64, "__le64", from_le, to_le, "little";
    Be16, u16, "__be16", from_be, to_be, "big";
    Be32, u32, "__be32", from_be, to_be, "big";
    Be64, u64, "__be64", from_be, to_be, "big";
}

/// A value at any address: what a packed struct stores in place of a type that wants alignment.
#[repr(C, packed)]
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Unaligned<T: Copy>(T);

impl<T: Copy> Unaligned<T> {
    /// The value, to be stored.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> T {
        self.0
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Unaligned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::{Be32, Le64, Unaligned};

    #[test]
    fn bytes_lie_in_the_order_of_the_name() {
        assert_eq!(Le64::new(0x0102).as_bytes(), [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Be32::from(0x0102).as_bytes(), [0, 0, 1, 2]);
        assert_eq!(u32::from(Be32::new(7)), 7);
        assert_eq!(align_of::<Le64>(), align_of::<u64>());
        assert_eq!((align_of::<Unaligned<u64>>(), size_of::<Unaligned<u64>>()), (1, 8));
    }
}
