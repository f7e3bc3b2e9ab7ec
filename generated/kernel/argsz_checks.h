/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the generated checks stand on: reading a user's memory, in the kernel
 * and over a bounded buffer outside of it, and a few words about integers.
 *
 * In the kernel a user's memory is a __user pointer. Elsewhere it is a
 * struct argsz_user_buf: memory that ends after its len bytes, so that tests
 * and fuzzers meet the same EFAULT as a process with an unmapped page.
 */
#ifndef _ARGSZ_CHECKS_H
#define _ARGSZ_CHECKS_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <asm/byteorder.h>

typedef const void __user *argsz_user_t;

#define argsz_le16(x) le16_to_cpu(x)
#define argsz_le32(x) le32_to_cpu(x)
#define argsz_le64(x) le64_to_cpu(x)
#define argsz_be16(x) be16_to_cpu(x)
#define argsz_be32(x) be32_to_cpu(x)
#define argsz_be64(x) be64_to_cpu(x)

/* Bytes at..at+len of the user's memory, to the same place of what is held. */
static inline int argsz_copy_in(void *held, argsz_user_t from, size_t at,
				size_t len)
{
	const __u8 __user *bytes = from;

	if (copy_from_user((__u8 *)held + at, bytes + at, len))
		return -EFAULT;
	return 0;
}

/* Where an address in a struct leads: a process has but one memory. */
typedef const void *argsz_space_t;

#define argsz_at(space, address) ((void)(space), u64_to_user_ptr(address))

/* 1: bytes at..at+len are all zero; 0: they are not; or -EFAULT. */
static inline int argsz_tail_zero(argsz_user_t from, size_t at, __u64 len)
{
	const __u8 __user *bytes = from;

	if ((size_t)len != len)
		return -EFAULT;
	return check_zeroed_user(bytes + at, (size_t)len);
}

#else /* !__KERNEL__ */

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

struct argsz_user_buf {
	const uint8_t *base;
	size_t len;
};

/* By value, as a __user pointer is: nothing that is held can be part of it. */
typedef struct argsz_user_buf argsz_user_t;

#ifdef __CHECKER__
#define ARGSZ_FORCE __attribute__((force))
#else
#define ARGSZ_FORCE
#endif
#define argsz_le16(x) le16toh((ARGSZ_FORCE __u16)(x))
#define argsz_le32(x) le32toh((ARGSZ_FORCE __u32)(x))
#define argsz_le64(x) le64toh((ARGSZ_FORCE __u64)(x))
#define argsz_be16(x) be16toh((ARGSZ_FORCE __u16)(x))
#define argsz_be32(x) be32toh((ARGSZ_FORCE __u32)(x))
#define argsz_be64(x) be64toh((ARGSZ_FORCE __u64)(x))

/* Bytes at..at+len of the user's memory, to the same place of what is held. */
static inline int argsz_copy_in(void *held, argsz_user_t from, size_t at,
				size_t len)
{
	size_t end = at + len;

	if (end < at || end > from.len)
		return -EFAULT;
	if (len)
		memcpy((uint8_t *)held + at, from.base + at, len);
	return 0;
}

/* Where an address in a struct leads: one piece of memory, and nothing else. */
struct argsz_user_space {
	__u64 address;
	struct argsz_user_buf memory;
};

typedef const struct argsz_user_space *argsz_space_t;

static inline argsz_user_t argsz_at(argsz_space_t space, __u64 address)
{
	argsz_user_t place = { NULL, 0 };

	if (address >= space->address &&
	    address - space->address < space->memory.len) {
		size_t at = (size_t)(address - space->address);

		place.base = space->memory.base + at;
		place.len = space->memory.len - at;
	}
	return place;
}

/*
 * 1: bytes at..at+len are all zero; 0: they are not; or -EFAULT, if the memory
 * ends before and all that is there is zero.
 */
static inline int argsz_tail_zero(argsz_user_t from, size_t at, __u64 len)
{
	const size_t start = at;
	size_t end;

	if (at > from.len)
		return len ? -EFAULT : 1;
	end = len < from.len - at ? at + (size_t)len : from.len;
	for (; end - at >= 8; at += 8) {
		__u64 word;

		memcpy(&word, from.base + at, 8);
		if (word)
			return 0;
	}
	for (; at < end; at++)
		if (from.base[at])
			return 0;
	return len > end - start ? -EFAULT : 1;
}

#endif /* __KERNEL__ */

/* The place and width of a field are those that the checks were made for. */
#define ARGSZ_FIELD(s, field, at, width)                                     \
	_Static_assert(offsetof(struct s, field) == (at) &&                  \
			       sizeof(((struct s *)0)->field) == (width),    \
		       #s "." #field " is not where its checks expect it")

/* The size of a struct is the one that the checks were made for. */
#define ARGSZ_SIZE(s, size)                                                  \
	_Static_assert(sizeof(struct s) == (size),                           \
		       #s " is not as large as its checks expect")

/* Says which rule refused, to those who ask; kernels pass NULL. */
static inline int argsz_refuse(const char **rule, const char *id, int err)
{
	if (rule)
		*rule = id;
	return err;
}

/* As much of the user's size as is known here. */
static inline size_t argsz_min(__u64 size, size_t known)
{
	return size < known ? (size_t)size : known;
}

/*
 * The address of an element of an array; one that lies beyond all addresses is
 * the last, where nothing is mapped.
 */
static inline __u64 argsz_element(__u64 address, __u64 at, __u64 stride)
{
	__u64 element;

	if (__builtin_mul_overflow(at, stride, &element) ||
	    __builtin_add_overflow(address, element, &element))
		return ~0ULL;
	return element;
}

/*
 * What the user provides of the bytes at..known of a struct that is known to
 * that size; the others are zero.
 */
static inline int argsz_copy_rest(void *held, argsz_user_t from, size_t at,
				  __u64 size, size_t known)
{
	size_t end;

	/* Most users are as new as this: a length that the compiler knows. */
	if (size >= known)
		return argsz_copy_in(held, from, at, known - at);
	end = size > at ? (size_t)size : at;
	memset((__u8 *)held + end, 0, known - end);
	return end > at ? argsz_copy_in(held, from, at, end - at) : 0;
}

/* Whether n held bytes are all zero; folds into a few loads, as n is constant. */
static inline bool argsz_zero(const void *held, size_t n)
{
	const __u8 *byte = held;
	__u64 any = 0;

	for (; n >= 8; n -= 8, byte += 8) {
		__u64 word;

		memcpy(&word, byte, 8);
		any |= word;
	}
	if (n & 4) {
		__u32 word;

		memcpy(&word, byte, 4);
		any |= word;
		byte += 4;
	}
	if (n & 2) {
		__u16 word;

		memcpy(&word, byte, 2);
		any |= word;
		byte += 2;
	}
	if (n & 1)
		any |= *byte;
	return !any;
}

/* Whether exactly one bit is set. */
static inline bool argsz_one_bit(__u64 word)
{
	return word && !(word & (word - 1));
}

/* Whether a value survives in the machine's unsigned long. */
static inline bool argsz_fits_ulong(__u64 value)
{
	return (unsigned long)value == value;
}

#endif /* _ARGSZ_CHECKS_H */
