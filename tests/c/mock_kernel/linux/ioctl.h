/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_LINUX_IOCTL_H
#define _MOCK_LINUX_IOCTL_H
#define _IOC(dir, type, nr, size)                                            \
	(((unsigned int)(dir) << 30) | ((unsigned int)(size) << 16) |        \
	 ((unsigned int)(type) << 8) | (unsigned int)(nr))
#define _IO(type, nr) _IOC(0, type, nr, 0)
#define _IOW(type, nr, arg) _IOC(1, type, nr, sizeof(arg))
#define _IOR(type, nr, arg) _IOC(2, type, nr, sizeof(arg))
#define _IOWR(type, nr, arg) _IOC(3, type, nr, sizeof(arg))
#endif
