/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Just enough of a kernel to compile generated checks against, and for sparse. */
#ifndef _MOCK_LINUX_TYPES_H
#define _MOCK_LINUX_TYPES_H

#ifdef __CHECKER__
#define __user __attribute__((noderef, address_space(__user)))
#define __force __attribute__((force))
#define __bitwise __attribute__((bitwise))
#else
#define __user
#define __force
#define __bitwise
#endif
#define __must_check __attribute__((warn_unused_result))

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
__extension__ typedef long long __s64;
__extension__ typedef unsigned long long __u64;
typedef __u16 __bitwise __le16;
typedef __u16 __bitwise __be16;
typedef __u32 __bitwise __le32;
typedef __u32 __bitwise __be32;
typedef __u64 __bitwise __le64;
typedef __u64 __bitwise __be64;

#define __aligned_s64 __s64 __attribute__((aligned(8)))
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __aligned_be64 __be64 __attribute__((aligned(8)))
#define __aligned_le64 __le64 __attribute__((aligned(8)))

typedef __SIZE_TYPE__ size_t;
typedef _Bool bool;
#define true 1
#define false 0

#endif
