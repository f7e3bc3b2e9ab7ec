/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_ASM_ERRNO_H
#define _MOCK_ASM_ERRNO_H
#define EPERM 1
#define ENOENT 2
#define EBADF 9
#define EFAULT 14
#define ENODEV 19
#define EINVAL 22
#define ENOTTY 25
#define E2BIG 7
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#endif
