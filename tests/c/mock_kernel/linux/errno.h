/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_ERRNO_H
#define _MOCK_LINUX_ERRNO_H
#include <asm/errno.h>
#define ENOTSUPP 524
#endif
