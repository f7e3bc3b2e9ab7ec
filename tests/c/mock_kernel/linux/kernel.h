/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_KERNEL_H
#define _MOCK_LINUX_KERNEL_H
#include <linux/types.h>
/* An address that a struct carries, as a pointer. */
static inline void __user *u64_to_user_ptr(__u64 address)
{
	return (void __user *)(unsigned long)address;
}
#endif
