/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _MOCK_ASM_BYTEORDER_H
#define _MOCK_ASM_BYTEORDER_H
#include <linux/types.h>
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MOCK_LE(bits, x) ((__force __u##bits)(x))
#define MOCK_BE(bits, x) __builtin_bswap##bits((__force __u##bits)(x))
#else
#define MOCK_LE(bits, x) __builtin_bswap##bits((__force __u##bits)(x))
#define MOCK_BE(bits, x) ((__force __u##bits)(x))
#endif
#define le16_to_cpu(x) MOCK_LE(16, x)
#define le32_to_cpu(x) MOCK_LE(32, x)
#define le64_to_cpu(x) MOCK_LE(64, x)
#define be16_to_cpu(x) MOCK_BE(16, x)
#define be32_to_cpu(x) MOCK_BE(32, x)
#define be64_to_cpu(x) MOCK_BE(64, x)
#endif
