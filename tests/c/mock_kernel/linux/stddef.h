/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_STDDEF_H
#define _MOCK_LINUX_STDDEF_H
#define NULL ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
