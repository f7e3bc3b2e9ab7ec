/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_STRING_H
#define _MOCK_LINUX_STRING_H
#include <linux/types.h>
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
#endif
