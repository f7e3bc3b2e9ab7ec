/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The checks of iommufd's commands as one would write them by hand: what the
 * generated ones are measured against, and a second opinion in tests. Written
 * from the table of checks, without a look at what argsz prints.
 *
 * HAND_SINCE_7_3 is set when the header is that of 7.3, and clear for 6.12.
 */
#ifndef HAND_WRITTEN_IOMMUFD_H
#define HAND_WRITTEN_IOMMUFD_H

#include "argsz_checks.h"
#include <linux/iommufd.h>

/*
 * Reads size, demands the minimum, copies with the rule of the zero tail. What
 * is held has the size that was judged, should the user rewrite it in between.
 */
static inline int hand_fetch(void *cmd, size_t known, size_t min,
			     argsz_user_t from)
{
	__u32 size, n;
	int zero;

	if (argsz_copy_in(&size, from, 0, sizeof(size)))
		return -EFAULT;
	if (size < min)
		return -EINVAL;
	n = size;
	if (size > known) {
		zero = argsz_tail_zero(from, known, size - known);
		if (zero < 0)
			return zero;
		if (!zero)
			return -E2BIG;
		n = (__u32)known;
	} else {
		memset((__u8 *)cmd + size, 0, known - size);
	}
	if (argsz_copy_in(cmd, from, 0, n))
		return -EFAULT;
	memcpy(cmd, &size, sizeof(size));
	return 0;
}

#define HAND_FETCH(cmd, from, last)                                          \
	hand_fetch(cmd, sizeof(*(cmd)),                                      \
		   offsetof(__typeof__(*(cmd)), last) + sizeof((cmd)->last), \
		   from)

#define HAND_MAP_FLAGS                                                       \
	((__u32)(IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |      \
		 IOMMU_IOAS_MAP_READABLE))
#define HAND_ALLOC_FLAGS                                                     \
	((__u32)(IOMMU_HWPT_ALLOC_NEST_PARENT |                              \
		 IOMMU_HWPT_ALLOC_DIRTY_TRACKING |                           \
		 IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID))
#define HAND_NEVER (~(__u64)0)

static inline int hand_iommu_destroy(struct iommu_destroy *cmd,
				     argsz_user_t from)
{
	return HAND_FETCH(cmd, from, id);
}

static inline int hand_iommu_ioas_alloc(struct iommu_ioas_alloc *cmd,
					argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, out_ioas_id);

	if (err)
		return err;
	return cmd->flags ? -EOPNOTSUPP : 0;
}

static inline int
hand_iommu_ioas_iova_ranges(struct iommu_ioas_iova_ranges *cmd,
			    argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, out_iova_alignment);

	if (err)
		return err;
	return cmd->__reserved ? -EOPNOTSUPP : 0;
}

static inline int
hand_iommu_ioas_allow_iovas(struct iommu_ioas_allow_iovas *cmd,
			    argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, allowed_iovas);

	if (err)
		return err;
	return cmd->__reserved ? -EOPNOTSUPP : 0;
}

static inline int hand_iommu_ioas_map(struct iommu_ioas_map *cmd,
				      argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, iova);

	if (err)
		return err;
	if ((cmd->flags & ~HAND_MAP_FLAGS) || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->iova == HAND_NEVER || cmd->length == HAND_NEVER)
		return -EOVERFLOW;
	if (!(cmd->flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)))
		return -EINVAL;
	return 0;
}

static inline int hand_iommu_ioas_copy(struct iommu_ioas_copy *cmd,
				       argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, src_iova);

	if (err)
		return err;
	if (cmd->flags & ~HAND_MAP_FLAGS)
		return -EOPNOTSUPP;
	if (cmd->length == HAND_NEVER || cmd->src_iova == HAND_NEVER ||
	    cmd->dst_iova == HAND_NEVER)
		return -EOVERFLOW;
	if (!(cmd->flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)))
		return -EINVAL;
	return 0;
}

static inline int hand_iommu_ioas_unmap(struct iommu_ioas_unmap *cmd,
					argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, length);

	if (err)
		return err;
	if (!cmd->iova && cmd->length == HAND_NEVER)
		return 0;
	if (cmd->iova == HAND_NEVER || cmd->length == HAND_NEVER)
		return -EOVERFLOW;
	return 0;
}

static inline int hand_iommu_hwpt_alloc(struct iommu_hwpt_alloc *cmd,
					argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, __reserved);

	if (err)
		return err;
	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if ((cmd->data_type == IOMMU_HWPT_DATA_NONE && cmd->data_len) ||
	    (cmd->data_type != IOMMU_HWPT_DATA_NONE && !cmd->data_len))
		return -EINVAL;
	/* From here on a kernel has looked up the device and the parent. */
	if (cmd->flags & ~HAND_ALLOC_FLAGS)
		return -EOPNOTSUPP;
	if ((cmd->flags & IOMMU_HWPT_ALLOC_NEST_PARENT) &&
	    (cmd->flags & IOMMU_HWPT_FAULT_ID_VALID))
		return -EOPNOTSUPP;
	return 0;
}

static inline int
hand_iommu_hwpt_set_dirty_tracking(struct iommu_hwpt_set_dirty_tracking *cmd,
				   argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, __reserved);

	if (err)
		return err;
	if (cmd->flags & ~(__u32)IOMMU_HWPT_DIRTY_TRACKING_ENABLE)
		return -EOPNOTSUPP;
	return 0;
}

static inline int
hand_iommu_hwpt_get_dirty_bitmap(struct iommu_hwpt_get_dirty_bitmap *cmd,
				 argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, data);

	if (err)
		return err;
	if ((cmd->flags & ~(__u32)IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR) ||
	    cmd->__reserved)
		return -EOPNOTSUPP;
	return 0;
}

static inline int hand_iommu_fault_alloc(struct iommu_fault_alloc *cmd,
					 argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, out_fault_fd);

	if (err)
		return err;
	return cmd->flags ? -EOPNOTSUPP : 0;
}

static inline int hand_iommu_hwpt_invalidate(struct iommu_hwpt_invalidate *cmd,
					     argsz_user_t from)
{
	int err = HAND_FETCH(cmd, from, __reserved);

	if (err)
		return err;
	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (!cmd->entry_num)
		return 0;
	if (!cmd->data_uptr || !cmd->entry_len)
		return -EINVAL;
#ifdef HAND_SINCE_7_3
	if (cmd->entry_len > 4096 || cmd->entry_num > 1u << 19)
		return -EINVAL;
#endif
	return 0;
}

#endif /* HAND_WRITTEN_IOMMUFD_H */
