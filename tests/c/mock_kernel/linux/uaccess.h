/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_UACCESS_H
#define _MOCK_LINUX_UACCESS_H
#include <linux/types.h>
/* Bytes that could not be copied. */
unsigned long __must_check copy_from_user(void *to, const void __user *from,
					  unsigned long n);
/* 1: all zero, 0: not, or -EFAULT. */
int check_zeroed_user(const void __user *from, size_t size);
#endif
