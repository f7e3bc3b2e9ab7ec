//! Errno by name: what the kernel answers with, whose number depends on the machine.

use core::fmt;

/// The number of this machine, out of those of most, of MIPS and of SPARC.
const fn here(generic: i32, mips: i32, sparc: i32) -> i32 {
    if cfg!(any(target_arch = "mips", target_arch = "mips64", target_arch = "mips32r6", target_arch = "mips64r6")) {
        mips
    } else if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) {
        sparc
    } else {
        generic
    }
}

macro_rules! errnos {
    ($($name:ident = $generic:literal, $mips:literal, $sparc:literal;)*) => {
        /// An errno of Linux, by its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names of errno.h")]
        #[repr(i32)]
        pub enum Errno {
            $($name = here($generic, $mips, $sparc),)*
        }

        impl Errno {
            /// Its name: `EINVAL`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// Its number on this machine.
            #[must_use]
            #[inline]
            pub const fn number(self) -> i32 {
                self as i32
            }
        }
    };
}

// Name = the number of most machines, of MIPS, of SPARC.
errnos! {
    EPERM = 1, 1, 1;
    ENOENT = 2, 2, 2;
    ESRCH = 3, 3, 3;
    EINTR = 4, 4, 4;
    EIO = 5, 5, 5;
    ENXIO = 6, 6, 6;
    E2BIG = 7, 7, 7;
    ENOEXEC = 8, 8, 8;
    EBADF = 9, 9, 9;
    ECHILD = 10, 10, 10;
    EAGAIN = 11, 11, 11;
    ENOMEM = 12, 12, 12;
    EACCES = 13, 13, 13;
    EFAULT = 14, 14, 14;
    ENOTBLK = 15, 15, 15;
    EBUSY = 16, 16, 16;
    EEXIST = 17, 17, 17;
    EXDEV = 18, 18, 18;
    ENODEV = 19, 19, 19;
    ENOTDIR = 20, 20, 20;
    EISDIR = 21, 21, 21;
    EINVAL = 22, 22, 22;
    ENFILE = 23, 23, 23;
    EMFILE = 24, 24, 24;
    ENOTTY = 25, 25, 25;
    ETXTBSY = 26, 26, 26;
    EFBIG = 27, 27, 27;
    ENOSPC = 28, 28, 28;
    ESPIPE = 29, 29, 29;
    EROFS = 30, 30, 30;
    EMLINK = 31, 31, 31;
    EPIPE = 32, 32, 32;
    EDOM = 33, 33, 33;
    ERANGE = 34, 34, 34;
    EDEADLK = 35, 45, 78;
    ENAMETOOLONG = 36, 78, 63;
    ENOLCK = 37, 46, 79;
    ENOSYS = 38, 89, 90;
    ENOTEMPTY = 39, 93, 66;
    ELOOP = 40, 90, 62;
    ENOMSG = 42, 35, 75;
    EIDRM = 43, 36, 77;
    ECHRNG = 44, 37, 94;
    EL2NSYNC = 45, 38, 95;
    EL3HLT = 46, 39, 96;
    EL3RST = 47, 40, 97;
    ELNRNG = 48, 41, 98;
    EUNATCH = 49, 42, 99;
    ENOCSI = 50, 43, 100;
    EL2HLT = 51, 44, 101;
    EBADE = 52, 50, 102;
    EBADR = 53, 51, 103;
    EXFULL = 54, 52, 104;
    ENOANO = 55, 53, 105;
    EBADRQC = 56, 54, 106;
    EBADSLT = 57, 55, 107;
    EBFONT = 59, 59, 109;
    ENOSTR = 60, 60, 72;
    ENODATA = 61, 61, 111;
    ETIME = 62, 62, 73;
    ENOSR = 63, 63, 74;
    ENONET = 64, 64, 80;
    ENOPKG = 65, 65, 113;
    EREMOTE = 66, 66, 71;
    ENOLINK = 67, 67, 82;
    EADV = 68, 68, 83;
    ESRMNT = 69, 69, 84;
    ECOMM = 70, 70, 85;
    EPROTO = 71, 71, 86;
    EMULTIHOP = 72, 74, 87;
    EDOTDOT = 73, 73, 88;
    EBADMSG = 74, 77, 76;
    EOVERFLOW = 75, 79, 92;
    ENOTUNIQ = 76, 80, 115;
    EBADFD = 77, 81, 93;
    EREMCHG = 78, 82, 89;
    ELIBACC = 79, 83, 114;
    ELIBBAD = 80, 84, 112;
    ELIBSCN = 81, 85, 124;
    ELIBMAX = 82, 86, 123;
    ELIBEXEC = 83, 87, 110;
    EILSEQ = 84, 88, 122;
    ERESTART = 85, 91, 116;
    ESTRPIPE = 86, 92, 91;
    EUSERS = 87, 94, 68;
    ENOTSOCK = 88, 95, 38;
    EDESTADDRREQ = 89, 96, 39;
    EMSGSIZE = 90, 97, 40;
    EPROTOTYPE = 91, 98, 41;
    ENOPROTOOPT = 92, 99, 42;
    EPROTONOSUPPORT = 93, 120, 43;
    ESOCKTNOSUPPORT = 94, 121, 44;
    EOPNOTSUPP = 95, 122, 45;
    EPFNOSUPPORT = 96, 123, 46;
    EAFNOSUPPORT = 97, 124, 47;
    EADDRINUSE = 98, 125, 48;
    EADDRNOTAVAIL = 99, 126, 49;
    ENETDOWN = 100, 127, 50;
    ENETUNREACH = 101, 128, 51;
    ENETRESET = 102, 129, 52;
    ECONNABORTED = 103, 130, 53;
    ECONNRESET = 104, 131, 54;
    ENOBUFS = 105, 132, 55;
    EISCONN = 106, 133, 56;
    ENOTCONN = 107, 134, 57;
    ESHUTDOWN = 108, 143, 58;
    ETOOMANYREFS = 109, 144, 59;
    ETIMEDOUT = 110, 145, 60;
    ECONNREFUSED = 111, 146, 61;
    EHOSTDOWN = 112, 147, 64;
    EHOSTUNREACH = 113, 148, 65;
    EALREADY = 114, 149, 37;
    EINPROGRESS = 115, 150, 36;
    ESTALE = 116, 151, 70;
    EUCLEAN = 117, 135, 117;
    ENOTNAM = 118, 137, 118;
    ENAVAIL = 119, 138, 119;
    EISNAM = 120, 139, 120;
    EREMOTEIO = 121, 140, 121;
    EDQUOT = 122, 1133, 69;
    ENOMEDIUM = 123, 159, 125;
    EMEDIUMTYPE = 124, 160, 126;
    ECANCELED = 125, 158, 127;
    ENOKEY = 126, 161, 128;
    EKEYEXPIRED = 127, 162, 129;
    EKEYREVOKED = 128, 163, 130;
    EKEYREJECTED = 129, 164, 131;
    EOWNERDEAD = 130, 165, 132;
    ENOTRECOVERABLE = 131, 166, 133;
    ERFKILL = 132, 167, 134;
    EHWPOISON = 133, 168, 135;
    // The kernel's own: a user who sees it has found a bug, and there are some to be found.
    ENOTSUPP = 524, 524, 524;
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
