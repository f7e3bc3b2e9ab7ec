//! Tables and walks as text, for people.

use std::fmt::Write as _;

use crate::hw::{FirstStageEntry, PasidDirEntry, PasidEntry, SecondStageEntry};
use crate::memory::{Memory, MemoryError};
use crate::request::{Fault, Translation};
use crate::walk::{Place, Stage, Step};

/// A PASID table as text: one line per entry that is present, of the directory at host-physical `directory`.
pub fn pasid_table<M: Memory>(memory: &M, directory: u64) -> Result<String, MemoryError> {
    let mut text =
        String::from("PASID    stage         DID  second stage       levels  first stage        levels  flags\n");
    for index in 0..1_u64 << 14 {
        let entry = PasidDirEntry::from_words([memory.load(directory + index * 8)?]);
        for slot in (0..64).filter(|_| entry.p()) {
            let words = memory.load_words::<8>(entry.tblptr() + slot * 64)?;
            let entry = PasidEntry::from_words(words);
            if entry.p() {
                text.push_str(&pasid_entry(index << 6 | slot, entry));
            }
        }
    }
    Ok(text)
}

fn pasid_entry(pasid: u64, entry: PasidEntry) -> String {
    let stage = Stage::of(entry).map_or("reserved", |stage| match stage {
        Stage::First => "first",
        Stage::Second => "second",
        Stage::Nested => "nested",
        Stage::PassThrough => "pass-through",
    });
    let flags = [
        (entry.fpd(), "FPD"),
        (entry.ssade(), "SSADE"),
        (entry.pwsnp(), "PWSNP"),
        (entry.sre(), "SRE"),
        (entry.ere(), "ERE"),
        (entry.wpe(), "WPE"),
        (entry.eafe(), "EAFE"),
    ];
    let flags: Vec<&str> = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
    format!(
        "{pasid:#07x}  {stage:<12}  {:>3}  {:#018x}      {}   {:#018x}      {}   {}\n",
        entry.did(),
        entry.ssptr(),
        entry.aw().0 + 2,
        entry.fsptr(),
        entry.fspm().0 + 4,
        flags.join(" "),
    )
}

/// A walk as text: one line per entry that was read, and how it ended.
#[must_use]
pub fn walk(steps: &[Step], end: &Result<Translation, Fault>) -> String {
    let mut text = String::from(" #  entry of         at                  word                meaning\n");
    for (number, step) in (1..).zip(steps) {
        let place = match step.place {
            Place::Root => "root table".to_owned(),
            Place::Context => "context table".to_owned(),
            Place::Directory => "PASID directory".to_owned(),
            Place::Pasid => "PASID table".to_owned(),
            Place::First(level) => format!("first stage {level}"),
            Place::Second(level) => format!("  second stage {level}"),
        };
        let Step { address, entry, .. } = *step;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{number:>2}  {place:<16} {address:#018x}  {entry:#018x}  {}", meaning(*step));
    }
    let _ = match end {
        Ok(page) => writeln!(text, "    => {:#x}, in a page of {} KiB", page.address, (1_u64 << page.shift) >> 10),
        Err(fault) => writeln!(text, "    => {fault}"),
    };
    text
}

fn meaning(step: Step) -> String {
    let word = [step.entry];
    let (flags, address, page) = match step.place {
        Place::First(level) => {
            let entry = FirstStageEntry::from_words(word);
            let flags = [
                (entry.p(), "P"),
                (entry.rw(), "RW"),
                (entry.us(), "US"),
                (entry.a(), "A"),
                (entry.d(), "D"),
                (entry.ea(), "EA"),
                (entry.xd(), "XD"),
            ];
            (named(&flags), entry.addr(), level == 1 || entry.ps())
        }
        Place::Second(level) => {
            let entry = SecondStageEntry::from_words(word);
            let flags = [(entry.r(), "R"), (entry.w(), "W"), (entry.a(), "A"), (entry.d(), "D"), (entry.snp(), "SNP")];
            (named(&flags), entry.addr(), level == 1 || entry.ps())
        }
        _ => return named(&[(step.entry & 1 != 0, "P")]),
    };
    format!("{} {address:#x} {flags}", if page { "page" } else { "table" })
}

fn named(flags: &[(bool, &str)]) -> String {
    let set: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    set.join(" ")
}
