//! Debug information as a plain tree: everything that import asks of DWARF, and nothing of how it is encoded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use gimli::{
    AttributeValue, DW_AT_alignment, DW_AT_bit_size, DW_AT_byte_size, DW_AT_const_value, DW_AT_count,
    DW_AT_data_bit_offset, DW_AT_data_member_location, DW_AT_decl_file, DW_AT_decl_line, DW_AT_encoding, DW_AT_name,
    DW_AT_type, DW_AT_upper_bound, DwAt, EndianSlice, RunTimeEndian, SectionId,
};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Array,
    Base,
    Enum,
    Enumerator,
    Member,
    Other,
    Pointer,
    /// `const` and `volatile`.
    Qualifier,
    Struct,
    Subrange,
    Typedef,
    Union,
}

impl Tag {
    fn of(tag: gimli::DwTag) -> Self {
        const TAGS: &[(gimli::DwTag, Tag)] = &[
            (gimli::DW_TAG_array_type, Tag::Array),
            (gimli::DW_TAG_base_type, Tag::Base),
            (gimli::DW_TAG_enumeration_type, Tag::Enum),
            (gimli::DW_TAG_enumerator, Tag::Enumerator),
            (gimli::DW_TAG_member, Tag::Member),
            (gimli::DW_TAG_pointer_type, Tag::Pointer),
            (gimli::DW_TAG_const_type, Tag::Qualifier),
            (gimli::DW_TAG_volatile_type, Tag::Qualifier),
            (gimli::DW_TAG_structure_type, Tag::Struct),
            (gimli::DW_TAG_subrange_type, Tag::Subrange),
            (gimli::DW_TAG_typedef, Tag::Typedef),
            (gimli::DW_TAG_union_type, Tag::Union),
        ];
        TAGS.iter().find(|(known, _)| *known == tag).map_or(Self::Other, |(_, tag)| *tag)
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Die {
    pub(super) tag: Tag,
    /// Empty if it has none.
    pub(super) name: String,
    /// Place in [`Dies::all`] of its type.
    pub(super) ty: Option<usize>,
    pub(super) size: Option<u64>,
    /// Where `aligned` asks for it.
    pub(super) align: Option<u64>,
    pub(super) offset: u64,
    /// Of a bit-field: width, and place from the beginning of its struct.
    pub(super) bits: Option<(u64, u64)>,
    /// Of an enumerator.
    pub(super) value: i128,
    /// Of a dimension: elements, if it says so.
    pub(super) count: Option<u64>,
    /// `DW_ATE_*` of a number.
    pub(super) encoding: u64,
    pub(super) file: Option<PathBuf>,
    pub(super) line: u32,
    pub(super) children: Vec<usize>,
}

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Dies {
    pub(super) all: Vec<Die>,
}

type Slice<'d> = EndianSlice<'d, RunTimeEndian>;

/// Reads every entry. `section` gives an empty one for what is not there.
pub(super) fn read<'o>(
    section: impl FnMut(SectionId) -> Result<Cow<'o, [u8]>, gimli::Error>,
    endian: RunTimeEndian,
) -> Result<Dies, gimli::Error> {
    let sections = gimli::DwarfSections::load(section)?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let mut dies = Dies::default();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        Reader { dwarf: &dwarf, unit: &unit, files: HashMap::new() }.read(&mut dies)?;
    }
    Ok(dies)
}

struct Reader<'a, 'd> {
    dwarf: &'a gimli::Dwarf<Slice<'d>>,
    unit: &'a gimli::Unit<Slice<'d>>,
    files: HashMap<u64, Option<PathBuf>>,
}

impl<'d> Reader<'_, 'd> {
    fn read(mut self, dies: &mut Dies) -> Result<(), gimli::Error> {
        let first = dies.all.len();
        let mut places = HashMap::new();
        // References are to offsets, which get their places once all are known.
        let mut references = Vec::new();
        let mut open: Vec<(isize, usize)> = Vec::new();
        let mut entries = self.unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            let place = dies.all.len();
            places.insert(entry.offset().0, place);
            while open.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                open.pop();
            }
            if let Some((_, parent)) = open.last() {
                dies.all[*parent].children.push(place);
            }
            open.push((entry.depth(), place));
            references.push(match entry.attr_value(DW_AT_type) {
                Some(AttributeValue::UnitRef(offset)) => Some(offset.0),
                _ => None,
            });
            let die = self.die(entry)?;
            dies.all.push(die);
        }
        for (at, reference) in references.into_iter().enumerate() {
            dies.all[first + at].ty = reference.and_then(|offset| places.get(&offset).copied());
        }
        Ok(())
    }

    fn die(&mut self, entry: &gimli::DebuggingInformationEntry<Slice<'d>>) -> Result<Die, gimli::Error> {
        let number = |name: DwAt| entry.attr_value(name).and_then(|value| value.udata_value());
        let name = match entry.attr_value(DW_AT_name) {
            Some(value) => self.dwarf.attr_string(self.unit, value)?.to_string_lossy().into_owned(),
            None => String::new(),
        };
        let file = match entry.attr_value(DW_AT_decl_file) {
            Some(AttributeValue::FileIndex(index)) => self.file(index),
            _ => None,
        };
        let bits = number(DW_AT_bit_size).map(|size| (size, number(DW_AT_data_bit_offset).unwrap_or(0)));
        // Only what is encoded as signed may be negative; `0xff` in one byte is 255.
        let signed = |value: AttributeValue<Slice<'d>>| match value {
            AttributeValue::Sdata(value) => Some(i128::from(value)),
            other => other.udata_value().map(i128::from),
        };
        let upper = entry.attr_value(DW_AT_upper_bound).and_then(signed);
        let count = number(DW_AT_count).or_else(|| upper.and_then(|upper| u64::try_from(upper + 1).ok()));
        Ok(Die {
            tag: Tag::of(entry.tag()),
            name,
            ty: None,
            size: number(DW_AT_byte_size),
            align: number(DW_AT_alignment),
            offset: number(DW_AT_data_member_location).unwrap_or(0),
            bits,
            value: entry.attr_value(DW_AT_const_value).and_then(signed).unwrap_or(0),
            count,
            encoding: match entry.attr_value(DW_AT_encoding) {
                Some(AttributeValue::Encoding(encoding)) => u64::from(encoding.0),
                _ => 0,
            },
            file,
            line: number(DW_AT_decl_line).and_then(|line| u32::try_from(line).ok()).unwrap_or(0),
            children: Vec::new(),
        })
    }

    fn file(&mut self, index: u64) -> Option<PathBuf> {
        if let Some(known) = self.files.get(&index) {
            return known.clone();
        }
        let found = self.path(index);
        self.files.insert(index, found.clone());
        found
    }

    fn path(&self, index: u64) -> Option<PathBuf> {
        let header = self.unit.line_program.as_ref()?.header();
        let file = header.file(index)?;
        let text = |value| {
            self.dwarf.attr_string(self.unit, value).ok().map(|text| PathBuf::from(text.to_string_lossy().as_ref()))
        };
        let folder = file.directory(header).and_then(text).unwrap_or_default();
        Some(folder.join(text(file.path_name())?))
    }
}
