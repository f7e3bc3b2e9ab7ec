//! Drives `/dev/iommu`, or else `/dev/vfio/vfio`, with the generated types: `cargo run -p argsz-linux --example devices`.
//!
//! Of `/dev/iommu` it asks for an address space, looks at the ranges it takes, maps a page of its own into it, and takes
//! everything down again. Of `/dev/vfio/vfio` it asks what it can do. On a machine with neither it says what is missing,
//! and ends with status 1.

use std::fs::File;
use std::io;
use std::process::ExitCode;

use argsz_linux::iommufd::{self, IommuDestroy, IommuIoasAlloc, IommuIoasIovaRanges, IommuIoasMap, IommuIoasUnmap};
use argsz_linux::iommufd::{IommuIovaRange, IommufdIoasMapFlags};
use argsz_linux::vfio::{self, VfioExtension};

/// The size of a page, on every machine with these devices a multiple of this.
const PAGE: usize = 0x1_0000;

fn main() -> ExitCode {
    let mut missing = Vec::new();
    for (path, drive, module) in
        [("/dev/iommu", iommu as fn(&File) -> io::Result<()>, "iommufd"), ("/dev/vfio/vfio", container, "vfio")]
    {
        match File::options().read(true).write(true).open(path) {
            Ok(device) => {
                println!("{path}");
                return match drive(&device) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => {
                        println!("  the kernel refused: {error}");
                        ExitCode::FAILURE
                    }
                };
            }
            Err(error) => missing.push(format!("{path}: {}", why(&error, module))),
        }
    }
    println!("No device to drive:\n  {}", missing.join("\n  "));
    ExitCode::FAILURE
}

fn why(error: &io::Error, module: &str) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("is not there; `modprobe {module}` brings it, if the kernel was built with it")
        }
        io::ErrorKind::PermissionDenied => "is not ours to open; root may, or whoever owns it".to_owned(),
        _ => error.to_string(),
    }
}

/// An address space from its allocation to its end.
fn iommu(device: &File) -> io::Result<()> {
    let mut space = IommuIoasAlloc::builder().build();
    call::update::<{ iommufd::IOMMU_IOAS_ALLOC }, _>(device, &mut space)?;
    let id = space.out_ioas_id;
    println!("  IOMMU_IOAS_ALLOC: address space {id}");

    let mut found = [IommuIovaRange::default(); 8];
    let mut ranges = IommuIoasIovaRanges::builder().ioas_id(id).num_iovas(8).build();
    ranges.allowed_iovas = found.as_mut_ptr().expose_provenance() as u64;
    call::update::<{ iommufd::IOMMU_IOAS_IOVA_RANGES }, _>(device, &mut ranges)?;
    println!("  IOMMU_IOAS_IOVA_RANGES: alignment {:#x}", ranges.out_iova_alignment);
    for range in found.iter().take(ranges.num_iovas as usize) {
        println!("    {:#x} to {:#x}", range.start, range.last);
    }

    let page = vec![0_u8; 2 * PAGE];
    let address = page.as_ptr().expose_provenance().next_multiple_of(PAGE) as u64;
    let (iova, length) = (PAGE as u64, PAGE as u64);
    let flags = IommufdIoasMapFlags::FIXED_IOVA | IommufdIoasMapFlags::READABLE | IommufdIoasMapFlags::WRITEABLE;
    let mut map: IommuIoasMap =
        IommuIoasMap::builder().flags(flags).ioas_id(id).user_va(address).length(length).iova(iova).build();
    call::update::<{ iommufd::IOMMU_IOAS_MAP }, _>(device, &mut map)?;
    println!("  IOMMU_IOAS_MAP: {length:#x} bytes at {iova:#x}");

    let mut unmap: IommuIoasUnmap = IommuIoasUnmap::builder().ioas_id(id).iova(iova).length(length).build();
    call::update::<{ iommufd::IOMMU_IOAS_UNMAP }, _>(device, &mut unmap)?;
    println!("  IOMMU_IOAS_UNMAP: {:#x} bytes", unmap.length);

    let mut destroy = IommuDestroy::builder().id(id).build();
    call::update::<{ iommufd::IOMMU_DESTROY }, _>(device, &mut destroy)?;
    println!("  IOMMU_DESTROY: address space {id} is gone");
    Ok(())
}

/// What the classic container can do.
fn container(device: &File) -> io::Result<()> {
    let version = call::ask::<{ vfio::VFIO_GET_API_VERSION }>(device, 0)?;
    println!("  VFIO_GET_API_VERSION: {version}, expected {}", vfio::VFIO_API_VERSION);
    for extension in [VfioExtension::TYPE1_IOMMU, VfioExtension::TYPE1_V2_IOMMU, VfioExtension::UNMAP_ALL] {
        let has = call::ask::<{ vfio::VFIO_CHECK_EXTENSION }>(device, extension.0)? > 0;
        println!("  VFIO_CHECK_EXTENSION: {extension:?} {}", if has { "is there" } else { "is not there" });
    }
    Ok(())
}

/// The system call.
///
/// What makes it `unsafe` is that the kernel reads and writes where a number and a pointer lead it. The pointer is that of
/// the one argument, which is borrowed for the call; its type is what the header has for the number, as both were
/// generated from one schema; and pointers inside it lead to memory that is alive until the call returns (iommufd pins
/// what is mapped, and `iommu` unmaps it before it goes).
#[allow(unsafe_code, reason = "argued above")]
mod call {
    use std::ffi::c_void;
    use std::fs::File;
    use std::io;

    use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, Updater, ioctl};

    /// A call whose argument is read, and written to.
    pub(super) fn update<const NUMBER: Opcode, T>(device: &File, argument: &mut T) -> io::Result<()> {
        // SAFETY: see the module.
        Ok(unsafe { ioctl(device, Updater::<NUMBER, T>::new(argument)) }?)
    }

    /// A call that takes a number and answers with one.
    pub(super) fn ask<const NUMBER: Opcode>(device: &File, argument: u32) -> io::Result<i32> {
        // SAFETY: nothing is read or written in our memory.
        Ok(unsafe { ioctl(device, Ask::<NUMBER>(argument)) }?)
    }

    struct Ask<const NUMBER: Opcode>(u32);

    // SAFETY: the argument is no pointer to the kernel, and the output is not read from it.
    unsafe impl<const NUMBER: Opcode> Ioctl for Ask<NUMBER> {
        type Output = i32;

        const IS_MUTATING: bool = false;

        fn opcode(&self) -> Opcode {
            NUMBER
        }

        fn as_ptr(&mut self) -> *mut c_void {
            std::ptr::without_provenance_mut(self.0 as usize)
        }

        unsafe fn output_from_ptr(answer: IoctlOutput, _: *mut c_void) -> rustix::io::Result<i32> {
            Ok(answer)
        }
    }
}
