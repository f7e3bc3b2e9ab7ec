//! The compiler's answers: data and debug information of one linked object.

use std::borrow::Cow;
use std::collections::HashMap;

use object::{Object, ObjectSection, ObjectSymbol};

use super::ImportError;
use super::dwarf::{self, Dies};

/// What was compiled, taken apart.
#[derive(Debug)]
pub(super) struct Answers<'o> {
    file: object::File<'o>,
    symbols: HashMap<&'o str, (u64, u64)>,
}

impl<'o> Answers<'o> {
    pub(super) fn new(bytes: &'o [u8]) -> Result<Self, ImportError> {
        let file = object::File::parse(bytes).map_err(|error| ImportError::Object { reason: error.to_string() })?;
        let symbols = file
            .symbols()
            .filter_map(|symbol| Some((symbol.name().ok()?, (symbol.address(), symbol.size()))))
            .filter(|(name, _)| name.starts_with("argsz_"))
            .collect();
        Ok(Self { file, symbols })
    }

    /// Bytes of a pointer.
    pub(super) fn pointer(&self) -> u8 {
        if self.file.is_64() { 8 } else { 4 }
    }

    /// The machine, as argsz calls it, if it is one of its targets.
    pub(super) fn target(&self) -> Option<argsz_schema::target::Target> {
        let name = match self.file.architecture() {
            object::Architecture::X86_64 => "x86-64",
            object::Architecture::I386 => "i386",
            object::Architecture::Aarch64 => "aarch64",
            object::Architecture::Arm => "arm",
            object::Architecture::Riscv64 => "riscv64",
            object::Architecture::S390x => "s390x",
            object::Architecture::M68k => "m68k",
            object::Architecture::Mips64 => "mips64",
            object::Architecture::PowerPc64 => "powerpc64le",
            object::Architecture::Sparc64 => "sparc64",
            _ => return None,
        };
        argsz_schema::target::find(name)
    }

    /// The bytes of a variable.
    pub(super) fn bytes(&self, name: &str) -> Option<&'o [u8]> {
        let (address, size) = *self.symbols.get(name)?;
        let holds = |section: &object::Section<'o, '_>| {
            (section.address()..section.address() + section.size()).contains(&address)
        };
        let section = self.file.sections().filter(|section| section.address() != 0).find(holds)?;
        section.data_range(address, size).ok().flatten()
    }

    /// The bits of an integer variable.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let bytes: [u8; 8] = self.bytes(name)?.try_into().ok()?;
        Some(if self.file.is_little_endian() { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    /// The debug information.
    pub(super) fn dies(&self) -> Result<Dies, ImportError> {
        let section = |id: gimli::SectionId| -> Result<Cow<'o, [u8]>, gimli::Error> {
            let data = self.file.section_by_name(id.name()).and_then(|section| section.data().ok());
            Ok(Cow::Borrowed(data.unwrap_or_default()))
        };
        let endian =
            if self.file.is_little_endian() { gimli::RunTimeEndian::Little } else { gimli::RunTimeEndian::Big };
        dwarf::read(section, endian).map_err(|error| ImportError::Object { reason: error.to_string() })
    }
}
