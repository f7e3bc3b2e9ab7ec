//! The generated Rust types against those that bindgen made from a real `linux/iommufd.h` and the crate
//! `iommufd-bindings` 0.2.0 published: for all that both have, the same sizes, offsets and values.

use argsz_linux::iommufd::{self as ours, *};
use iommufd_bindings::iommufd as theirs;

/// Same size, alignment and offsets; and neither side has a field that the other lacks.
macro_rules! same {
    ($ours:ident, $theirs:ident { $($field:ident = $their:ident),* }) => {
        assert_eq!(size_of::<$ours>(), size_of::<theirs::$theirs>(), stringify!($theirs));
        assert_eq!(align_of::<$ours>(), align_of::<theirs::$theirs>(), stringify!($theirs));
        $(assert_eq!(
            std::mem::offset_of!($ours, $field),
            std::mem::offset_of!(theirs::$theirs, $their),
            concat!(stringify!($theirs), ".", stringify!($their))
        );)*
        let _ = |$ours { $($field: _),* }: &$ours| ();
        let _ = |theirs::$theirs { $($their: _),* }: &theirs::$theirs| ();
    };
}

macro_rules! value {
    ($ours:expr, $theirs:ident) => {
        assert_eq!(u64::from($ours), u64::from(theirs::$theirs), stringify!($theirs));
    };
}

#[test]
fn structs_are_those_of_bindgen() {
    same!(IommuDestroy, iommu_destroy { size = size, id = id });
    same!(IommuIoasAlloc, iommu_ioas_alloc { size = size, flags = flags, out_ioas_id = out_ioas_id });
    same!(IommuIovaRange, iommu_iova_range { start = start, last = last });
    same!(IommuIoasIovaRanges, iommu_ioas_iova_ranges { size = size, ioas_id = ioas_id, num_iovas = num_iovas, reserved = __reserved, allowed_iovas = allowed_iovas, out_iova_alignment = out_iova_alignment });
    same!(IommuIoasAllowIovas, iommu_ioas_allow_iovas { size = size, ioas_id = ioas_id, num_iovas = num_iovas, reserved = __reserved, allowed_iovas = allowed_iovas });
    same!(IommuIoasMap, iommu_ioas_map { size = size, flags = flags, ioas_id = ioas_id, reserved = __reserved, user_va = user_va, length = length, iova = iova });
    same!(IommuIoasMapFile, iommu_ioas_map_file { size = size, flags = flags, ioas_id = ioas_id, fd = fd, start = start, length = length, iova = iova });
    same!(IommuIoasCopy, iommu_ioas_copy { size = size, flags = flags, dst_ioas_id = dst_ioas_id, src_ioas_id = src_ioas_id, length = length, dst_iova = dst_iova, src_iova = src_iova });
    same!(IommuIoasUnmap, iommu_ioas_unmap { size = size, ioas_id = ioas_id, iova = iova, length = length });
    same!(IommuOption, iommu_option { size = size, option_id = option_id, op = op, reserved = __reserved, object_id = object_id, val64 = val64 });
    same!(IommuVfioIoas, iommu_vfio_ioas { size = size, ioas_id = ioas_id, op = op, reserved = __reserved });
    same!(IommuHwptVtdS1, iommu_hwpt_vtd_s1 { flags = flags, pgtbl_addr = pgtbl_addr, addr_width = addr_width, reserved = __reserved });
    same!(IommuHwptArmSmmuv3, iommu_hwpt_arm_smmuv3 { ste = ste });
    same!(IommuHwptAmdGuest, iommu_hwpt_amd_guest { dte = dte });
    same!(IommuHwptAlloc, iommu_hwpt_alloc { size = size, flags = flags, dev_id = dev_id, pt_id = pt_id, out_hwpt_id = out_hwpt_id, reserved = __reserved, data_type = data_type, data_len = data_len, data_uptr = data_uptr, fault_id = fault_id, reserved2 = __reserved2 });
    same!(IommuHwInfoVtd, iommu_hw_info_vtd { flags = flags, reserved = __reserved, cap_reg = cap_reg, ecap_reg = ecap_reg });
    same!(IommuHwInfoArmSmmuv3, iommu_hw_info_arm_smmuv3 { flags = flags, reserved = __reserved, idr = idr, iidr = iidr, aidr = aidr });
    same!(IommuHwInfoTegra241Cmdqv, iommu_hw_info_tegra241_cmdqv { flags = flags, version = version, log2vcmdqs = log2vcmdqs, log2vsids = log2vsids, reserved = __reserved });
    same!(IommuHwInfoAmd, iommu_hw_info_amd { efr = efr, efr2 = efr2 });
    same!(IommuHwInfo, iommu_hw_info { size = size, flags = flags, dev_id = dev_id, data_len = data_len, data_uptr = data_uptr, out_data_type = __bindgen_anon_1, out_max_pasid_log2 = out_max_pasid_log2, reserved = __reserved, out_capabilities = out_capabilities });
    same!(IommuHwptSetDirtyTracking, iommu_hwpt_set_dirty_tracking { size = size, flags = flags, hwpt_id = hwpt_id, reserved = __reserved });
    same!(IommuHwptGetDirtyBitmap, iommu_hwpt_get_dirty_bitmap { size = size, hwpt_id = hwpt_id, flags = flags, reserved = __reserved, iova = iova, length = length, page_size = page_size, data = data });
    same!(IommuHwptVtdS1Invalidate, iommu_hwpt_vtd_s1_invalidate { addr = addr, npages = npages, flags = flags, reserved = __reserved });
    same!(IommuViommuArmSmmuv3Invalidate, iommu_viommu_arm_smmuv3_invalidate { cmd = cmd });
    same!(IommuHwptInvalidate, iommu_hwpt_invalidate { size = size, hwpt_id = hwpt_id, data_uptr = data_uptr, data_type = data_type, entry_len = entry_len, entry_num = entry_num, reserved = __reserved });
    same!(IommuHwptPgfault, iommu_hwpt_pgfault { flags = flags, dev_id = dev_id, pasid = pasid, grpid = grpid, perm = perm, reserved = __reserved, addr = addr, length = length, cookie = cookie });
    same!(IommuHwptPageResponse, iommu_hwpt_page_response { cookie = cookie, code = code });
    same!(IommuFaultAlloc, iommu_fault_alloc { size = size, flags = flags, out_fault_id = out_fault_id, out_fault_fd = out_fault_fd });
    same!(IommuViommuTegra241Cmdqv, iommu_viommu_tegra241_cmdqv { out_vintf_mmap_offset = out_vintf_mmap_offset, out_vintf_mmap_length = out_vintf_mmap_length });
    same!(IommuViommuAlloc, iommu_viommu_alloc { size = size, flags = flags, kind = type_, dev_id = dev_id, hwpt_id = hwpt_id, out_viommu_id = out_viommu_id, data_len = data_len, reserved = __reserved, data_uptr = data_uptr });
    same!(IommuVdeviceAlloc, iommu_vdevice_alloc { size = size, viommu_id = viommu_id, dev_id = dev_id, out_vdevice_id = out_vdevice_id, virt_id = virt_id });
    same!(IommuIoasChangeProcess, iommu_ioas_change_process { size = size, reserved = __reserved });
    same!(IommufdVeventHeader, iommufd_vevent_header { flags = flags, sequence = sequence });
    same!(IommuVeventArmSmmuv3, iommu_vevent_arm_smmuv3 { evt = evt });
    same!(IommuVeventTegra241Cmdqv, iommu_vevent_tegra241_cmdqv { lvcmdq_err_map = lvcmdq_err_map });
    same!(IommuVeventqAlloc, iommu_veventq_alloc { size = size, flags = flags, viommu_id = viommu_id, kind = type_, veventq_depth = veventq_depth, out_veventq_id = out_veventq_id, out_veventq_fd = out_veventq_fd, reserved = __reserved });
    same!(IommuHwQueueAlloc, iommu_hw_queue_alloc { size = size, flags = flags, viommu_id = viommu_id, kind = type_, index = index, out_hw_queue_id = out_hw_queue_id, nesting_parent_iova = nesting_parent_iova, length = length });
}

#[test]
fn values_are_those_of_bindgen() {
    value!(ours::IOMMUFD_TYPE, IOMMUFD_TYPE);
    value!(IommufdIoasMapFlags::FIXED_IOVA.bits(), iommufd_ioas_map_flags_IOMMU_IOAS_MAP_FIXED_IOVA);
    value!(IommufdIoasMapFlags::WRITEABLE.bits(), iommufd_ioas_map_flags_IOMMU_IOAS_MAP_WRITEABLE);
    value!(IommufdIoasMapFlags::READABLE.bits(), iommufd_ioas_map_flags_IOMMU_IOAS_MAP_READABLE);
    value!(IommufdHwptAllocFlags::ALLOC_NEST_PARENT.bits(), iommufd_hwpt_alloc_flags_IOMMU_HWPT_ALLOC_NEST_PARENT);
    value!(
        IommufdHwptAllocFlags::ALLOC_DIRTY_TRACKING.bits(),
        iommufd_hwpt_alloc_flags_IOMMU_HWPT_ALLOC_DIRTY_TRACKING
    );
    value!(IommufdHwptAllocFlags::FAULT_ID_VALID.bits(), iommufd_hwpt_alloc_flags_IOMMU_HWPT_FAULT_ID_VALID);
    value!(IommufdHwptAllocFlags::ALLOC_PASID.bits(), iommufd_hwpt_alloc_flags_IOMMU_HWPT_ALLOC_PASID);
    value!(IommuHwptVtdS1Flags::SRE.bits(), iommu_hwpt_vtd_s1_flags_IOMMU_VTD_S1_SRE);
    value!(IommuHwptVtdS1Flags::EAFE.bits(), iommu_hwpt_vtd_s1_flags_IOMMU_VTD_S1_EAFE);
    value!(IommuHwptVtdS1Flags::WPE.bits(), iommu_hwpt_vtd_s1_flags_IOMMU_VTD_S1_WPE);
    value!(
        IommuHwInfoVtdFlags::ERRATA_772415_SPR17.bits(),
        iommu_hw_info_vtd_flags_IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17
    );
    value!(IommufdHwCapabilities::DIRTY_TRACKING.bits(), iommufd_hw_capabilities_IOMMU_HW_CAP_DIRTY_TRACKING);
    value!(IommufdHwCapabilities::PCI_PASID_EXEC.bits(), iommufd_hw_capabilities_IOMMU_HW_CAP_PCI_PASID_EXEC);
    value!(IommufdHwCapabilities::PCI_PASID_PRIV.bits(), iommufd_hw_capabilities_IOMMU_HW_CAP_PCI_PASID_PRIV);
    value!(
        IommufdHwCapabilities::PCI_ATS_NOT_SUPPORTED.bits(),
        iommufd_hw_capabilities_IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED
    );
    value!(IommufdHwInfoFlags::INPUT_TYPE.bits(), iommufd_hw_info_flags_IOMMU_HW_INFO_FLAG_INPUT_TYPE);
    value!(
        IommufdHwptSetDirtyTrackingFlags::ENABLE.bits(),
        iommufd_hwpt_set_dirty_tracking_flags_IOMMU_HWPT_DIRTY_TRACKING_ENABLE
    );
    value!(
        IommufdHwptGetDirtyBitmapFlags::NO_CLEAR.bits(),
        iommufd_hwpt_get_dirty_bitmap_flags_IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR
    );
    value!(IommuHwptVtdS1InvalidateFlags::LEAF.bits(), iommu_hwpt_vtd_s1_invalidate_flags_IOMMU_VTD_INV_FLAGS_LEAF);
    value!(IommuHwptPgfaultFlags::PASID_VALID.bits(), iommu_hwpt_pgfault_flags_IOMMU_PGFAULT_FLAGS_PASID_VALID);
    value!(IommuHwptPgfaultFlags::LAST_PAGE.bits(), iommu_hwpt_pgfault_flags_IOMMU_PGFAULT_FLAGS_LAST_PAGE);
    value!(IommuHwptPgfaultPerm::READ.bits(), iommu_hwpt_pgfault_perm_IOMMU_PGFAULT_PERM_READ);
    value!(IommuHwptPgfaultPerm::WRITE.bits(), iommu_hwpt_pgfault_perm_IOMMU_PGFAULT_PERM_WRITE);
    value!(IommuHwptPgfaultPerm::EXEC.bits(), iommu_hwpt_pgfault_perm_IOMMU_PGFAULT_PERM_EXEC);
    value!(IommuHwptPgfaultPerm::PRIV.bits(), iommu_hwpt_pgfault_perm_IOMMU_PGFAULT_PERM_PRIV);
    value!(IommuVeventqFlag::LOST_EVENTS.bits(), iommu_veventq_flag_IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
    value!(IommufdCmd::BASE.0, IOMMUFD_CMD_BASE);
    value!(IommufdCmd::DESTROY.0, IOMMUFD_CMD_DESTROY);
    value!(IommufdCmd::IOAS_ALLOC.0, IOMMUFD_CMD_IOAS_ALLOC);
    value!(IommufdCmd::IOAS_ALLOW_IOVAS.0, IOMMUFD_CMD_IOAS_ALLOW_IOVAS);
    value!(IommufdCmd::IOAS_COPY.0, IOMMUFD_CMD_IOAS_COPY);
    value!(IommufdCmd::IOAS_IOVA_RANGES.0, IOMMUFD_CMD_IOAS_IOVA_RANGES);
    value!(IommufdCmd::IOAS_MAP.0, IOMMUFD_CMD_IOAS_MAP);
    value!(IommufdCmd::IOAS_UNMAP.0, IOMMUFD_CMD_IOAS_UNMAP);
    value!(IommufdCmd::OPTION.0, IOMMUFD_CMD_OPTION);
    value!(IommufdCmd::VFIO_IOAS.0, IOMMUFD_CMD_VFIO_IOAS);
    value!(IommufdCmd::HWPT_ALLOC.0, IOMMUFD_CMD_HWPT_ALLOC);
    value!(IommufdCmd::GET_HW_INFO.0, IOMMUFD_CMD_GET_HW_INFO);
    value!(IommufdCmd::HWPT_SET_DIRTY_TRACKING.0, IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING);
    value!(IommufdCmd::HWPT_GET_DIRTY_BITMAP.0, IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP);
    value!(IommufdCmd::HWPT_INVALIDATE.0, IOMMUFD_CMD_HWPT_INVALIDATE);
    value!(IommufdCmd::FAULT_QUEUE_ALLOC.0, IOMMUFD_CMD_FAULT_QUEUE_ALLOC);
    value!(IommufdCmd::IOAS_MAP_FILE.0, IOMMUFD_CMD_IOAS_MAP_FILE);
    value!(IommufdCmd::VIOMMU_ALLOC.0, IOMMUFD_CMD_VIOMMU_ALLOC);
    value!(IommufdCmd::VDEVICE_ALLOC.0, IOMMUFD_CMD_VDEVICE_ALLOC);
    value!(IommufdCmd::IOAS_CHANGE_PROCESS.0, IOMMUFD_CMD_IOAS_CHANGE_PROCESS);
    value!(IommufdCmd::VEVENTQ_ALLOC.0, IOMMUFD_CMD_VEVENTQ_ALLOC);
    value!(IommufdCmd::HW_QUEUE_ALLOC.0, IOMMUFD_CMD_HW_QUEUE_ALLOC);
    value!(IommufdOption::RLIMIT_MODE.0, iommufd_option_IOMMU_OPTION_RLIMIT_MODE);
    value!(IommufdOption::HUGE_PAGES.0, iommufd_option_IOMMU_OPTION_HUGE_PAGES);
    value!(IommufdOptionOps::SET.0, iommufd_option_ops_IOMMU_OPTION_OP_SET);
    value!(IommufdOptionOps::GET.0, iommufd_option_ops_IOMMU_OPTION_OP_GET);
    value!(IommufdVfioIoasOp::GET.0, iommufd_vfio_ioas_op_IOMMU_VFIO_IOAS_GET);
    value!(IommufdVfioIoasOp::SET.0, iommufd_vfio_ioas_op_IOMMU_VFIO_IOAS_SET);
    value!(IommufdVfioIoasOp::CLEAR.0, iommufd_vfio_ioas_op_IOMMU_VFIO_IOAS_CLEAR);
    value!(IommuHwptDataType::NONE.0, iommu_hwpt_data_type_IOMMU_HWPT_DATA_NONE);
    value!(IommuHwptDataType::VTD_S1.0, iommu_hwpt_data_type_IOMMU_HWPT_DATA_VTD_S1);
    value!(IommuHwptDataType::ARM_SMMUV3.0, iommu_hwpt_data_type_IOMMU_HWPT_DATA_ARM_SMMUV3);
    value!(IommuHwptDataType::AMD_GUEST.0, iommu_hwpt_data_type_IOMMU_HWPT_DATA_AMD_GUEST);
    value!(IommuHwInfoType::NONE.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_NONE);
    value!(IommuHwInfoType::DEFAULT.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_DEFAULT);
    value!(IommuHwInfoType::INTEL_VTD.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_INTEL_VTD);
    value!(IommuHwInfoType::ARM_SMMUV3.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
    value!(IommuHwInfoType::TEGRA241_CMDQV.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV);
    value!(IommuHwInfoType::AMD.0, iommu_hw_info_type_IOMMU_HW_INFO_TYPE_AMD);
    value!(
        IommuHwptInvalidateDataType::HWPT_INVALIDATE_DATA_VTD_S1.0,
        iommu_hwpt_invalidate_data_type_IOMMU_HWPT_INVALIDATE_DATA_VTD_S1
    );
    value!(
        IommuHwptInvalidateDataType::VIOMMU_INVALIDATE_DATA_ARM_SMMUV3.0,
        iommu_hwpt_invalidate_data_type_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3
    );
    value!(IommufdPageResponseCode::SUCCESS.0, iommufd_page_response_code_IOMMUFD_PAGE_RESP_SUCCESS);
    value!(IommufdPageResponseCode::INVALID.0, iommufd_page_response_code_IOMMUFD_PAGE_RESP_INVALID);
    value!(IommuViommuType::DEFAULT.0, iommu_viommu_type_IOMMU_VIOMMU_TYPE_DEFAULT);
    value!(IommuViommuType::ARM_SMMUV3.0, iommu_viommu_type_IOMMU_VIOMMU_TYPE_ARM_SMMUV3);
    value!(IommuViommuType::TEGRA241_CMDQV.0, iommu_viommu_type_IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV);
    value!(IommuVeventqType::DEFAULT.0, iommu_veventq_type_IOMMU_VEVENTQ_TYPE_DEFAULT);
    value!(IommuVeventqType::ARM_SMMUV3.0, iommu_veventq_type_IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
    value!(IommuVeventqType::TEGRA241_CMDQV.0, iommu_veventq_type_IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
    value!(IommuHwQueueType::DEFAULT.0, iommu_hw_queue_type_IOMMU_HW_QUEUE_TYPE_DEFAULT);
    value!(IommuHwQueueType::TEGRA241_CMDQV.0, iommu_hw_queue_type_IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV);
}
