/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The checks of invalidation and binding as one would write them by hand: what
 * the generated ones are measured against, and a second opinion in tests.
 * Written from the table of checks, without a look at what argsz prints.
 */
#ifndef HAND_WRITTEN_IOMMU_H
#define HAND_WRITTEN_IOMMU_H

#include "argsz_checks.h"
#include <linux/iommu.h>

static inline int hand_padding(const __u8 *padding, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (padding[i])
			return -EINVAL;
	return 0;
}

static inline int
hand_iommu_cache_invalidate_info(struct iommu_cache_invalidate_info *info,
				 argsz_user_t from)
{
	const size_t minsz = offsetof(struct iommu_cache_invalidate_info, granu);
	size_t need = minsz, n;
	__u32 mask;

	if (argsz_copy_in(info, from, 0, minsz))
		return -EFAULT;
	if (info->argsz < minsz)
		return -EINVAL;
	if (info->granularity == IOMMU_INV_GRANU_PASID)
		need = minsz + sizeof(info->granu.pasid_info);
	else if (info->granularity == IOMMU_INV_GRANU_ADDR)
		need = minsz + sizeof(info->granu.addr_info);
	if (info->argsz < need)
		return -EINVAL;

	n = info->argsz < sizeof(*info) ? info->argsz : sizeof(*info);
	memset((__u8 *)info + minsz, 0, sizeof(*info) - minsz);
	if (argsz_copy_in(info, from, minsz, n - minsz))
		return -EFAULT;

	if (info->version != IOMMU_CACHE_INVALIDATE_INFO_VERSION_1)
		return -EINVAL;
	mask = (1 << IOMMU_CACHE_INV_TYPE_NR) - 1;
	if (info->cache & ~mask)
		return -EINVAL;
	if (info->granularity >= IOMMU_INV_GRANU_NR)
		return -EINVAL;

	switch (info->granularity) {
	case IOMMU_INV_GRANU_ADDR:
		if (info->cache & IOMMU_CACHE_INV_TYPE_PASID)
			return -EINVAL;
		mask = IOMMU_INV_ADDR_FLAGS_PASID |
		       IOMMU_INV_ADDR_FLAGS_ARCHID | IOMMU_INV_ADDR_FLAGS_LEAF;
		if (info->granu.addr_info.flags & ~mask)
			return -EINVAL;
		break;
	case IOMMU_INV_GRANU_PASID:
		mask = IOMMU_INV_PASID_FLAGS_PASID | IOMMU_INV_PASID_FLAGS_ARCHID;
		if (info->granu.pasid_info.flags & ~mask)
			return -EINVAL;
		break;
	case IOMMU_INV_GRANU_DOMAIN:
		if (info->cache & IOMMU_CACHE_INV_TYPE_DEV_IOTLB)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	return hand_padding(info->padding, sizeof(info->padding));
}

static inline int
hand_iommu_gpasid_bind_data(struct iommu_gpasid_bind_data *data,
			    argsz_user_t from)
{
	const size_t minsz = offsetof(struct iommu_gpasid_bind_data, vendor);
	size_t n;

	if (argsz_copy_in(data, from, 0, minsz))
		return -EFAULT;
	if (data->argsz < minsz)
		return -EINVAL;
	n = data->argsz < sizeof(*data) ? data->argsz : sizeof(*data);
	memset((__u8 *)data + minsz, 0, sizeof(*data) - minsz);
	if (argsz_copy_in(data, from, minsz, n - minsz))
		return -EFAULT;

	if (data->version != IOMMU_GPASID_BIND_VERSION_1)
		return -EINVAL;
	if (data->format >= IOMMU_PASID_FORMAT_LAST)
		return -EINVAL;
	if (data->flags & ~(__u64)IOMMU_SVA_GPASID_VAL)
		return -EINVAL;
	return hand_padding(data->padding, sizeof(data->padding));
}

#endif /* HAND_WRITTEN_IOMMU_H */
