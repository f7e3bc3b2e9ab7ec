/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a bounded model checker proves of the generated checks of linux/iommu.h
 * at 5.10, for every memory a user may hand in: they read nothing beyond it,
 * they answer as the specification below, and what they hold is what the
 * specification says. tests/prove-c runs it.
 *
 * The specification was written by hand from a table of what the kernel's
 * generic layer checks, in its order, over bytes and offsets alone: it knows
 * neither the header nor the schema.
 */
#include <stdlib.h>

#include "iommu_checks.h"

size_t nondet_size(void);

/* A number at an offset, as x86 stores it. */
static uint64_t get(const uint8_t *bytes, size_t at, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)bytes[at + i] << (8 * i);
	return value;
}

static int zero(const uint8_t *bytes, size_t at, size_t end)
{
	for (; at < end; at++)
		if (bytes[at])
			return 0;
	return 1;
}

/* The smaller of what the user says and what is known, copied over zeros. */
static int take(uint8_t *held, const uint8_t *user, size_t len, size_t known)
{
	uint64_t said = get(user, 0, 4);
	size_t end = said < known ? said : known;

	if (end > len)
		return -EFAULT;
	for (size_t i = 0; i < known; i++)
		held[i] = i < end ? user[i] : 0;
	return 0;
}

static int spec_iommu_page_response(uint8_t *held, const uint8_t *user,
				    size_t len)
{
	/* It is handed over copied whole: argsz is not looked at. */
	if (len < 24)
		return -EFAULT;
	for (size_t i = 0; i < 24; i++)
		held[i] = user[i];
	if (get(held, 4, 4) != 1)
		return -EINVAL;
	if (get(held, 8, 4) & ~1ULL)
		return -EINVAL;
	return 0;
}

static int spec_iommu_cache_invalidate_info(uint8_t *held, const uint8_t *user,
					    size_t len)
{
	enum { DOMAIN, PASID, ADDR };
	enum { IOTLB = 1, DEV_IOTLB = 2, PASID_CACHE = 4 };
	uint64_t argsz, cache, granularity;

	if (len < 16)
		return -EFAULT;
	argsz = get(user, 0, 4);
	cache = user[8];
	granularity = user[9];
	if (argsz < 16)
		return -EINVAL;
	if (granularity == PASID && argsz < 32)
		return -EINVAL;
	if (granularity == ADDR && argsz < 56)
		return -EINVAL;
	if (take(held, user, len, 56))
		return -EFAULT;
	if (get(held, 4, 4) != 1)
		return -EINVAL;
	if (cache & ~(uint64_t)(IOTLB | DEV_IOTLB | PASID_CACHE))
		return -EINVAL;
	if (granularity > ADDR)
		return -EINVAL;
	if (granularity == ADDR && (cache & PASID_CACHE))
		return -EINVAL;
	if (granularity == DOMAIN && (cache & DEV_IOTLB))
		return -EINVAL;
	if (granularity == PASID && (get(held, 16, 4) & ~3ULL))
		return -EINVAL;
	if (granularity == ADDR && (get(held, 16, 4) & ~7ULL))
		return -EINVAL;
	if (!zero(held, 10, 16))
		return -EINVAL;
	return 0;
}

static int spec_iommu_gpasid_bind_data(uint8_t *held, const uint8_t *user,
				       size_t len)
{
	if (len < 56)
		return -EFAULT;
	if (get(user, 0, 4) < 56)
		return -EINVAL;
	if (take(held, user, len, 72))
		return -EFAULT;
	if (get(held, 4, 4) != 1)
		return -EINVAL;
	if (get(held, 8, 4) >= 2)
		return -EINVAL;
	/* All 64 bits: the first checks of this kind looked at 32. */
	if (get(held, 16, 8) & ~1ULL)
		return -EINVAL;
	if (!zero(held, 48, 56))
		return -EINVAL;
	return 0;
}

/*
 * Every length up to eight bytes beyond the struct, and everything in them; the
 * memory is as large as it claims, so that a byte read beyond is found.
 */
#define PROVE(name)                                                          \
	void prove_##name(void)                                              \
	{                                                                    \
		size_t len = nondet_size();                                  \
		struct argsz_user_buf user;                                  \
		struct name held;                                            \
		uint8_t want[sizeof(struct name)];                           \
		const char *rule = 0;                                        \
		uint8_t *bytes;                                              \
		int err, expected;                                           \
									     \
		__CPROVER_assume(len <= sizeof(struct name) + 8);            \
		bytes = malloc(len);                                         \
		__CPROVER_assume(bytes != 0);                                \
		user.base = bytes;                                           \
		user.len = len;                                              \
		err = name##_check(&held, user, &rule);                      \
		expected = spec_##name(want, bytes, len);                    \
		__CPROVER_assert(err == expected, "the answer of " #name);   \
		__CPROVER_assert(!err == !rule, "a refusal names its rule"); \
		if (!err && !expected)                                       \
			for (size_t i = 0; i < sizeof(held); i++)            \
				__CPROVER_assert(                            \
					((uint8_t *)&held)[i] == want[i],    \
					"what is held of " #name);           \
	}

PROVE(iommu_page_response)
PROVE(iommu_cache_invalidate_info)
PROVE(iommu_gpasid_bind_data)
