//! The same bytes through all three executors of a check list: the interpreter, generated Rust, generated C. They must
//! agree on errno, rule, and what is held: of a struct, or of it and what a pointer of it leads to.
//!
//! What the fuzzer makes is the number of a struct, and either bytes as they come, or a seed for [`NEAR`] inputs near to
//! what the list of that struct looks at. How many inputs were compared is said every 2^24.
#![no_main]

use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use argsz::zerocopy::IntoBytes as _;
use argsz_codegen::engine::inputs::{self, Dice, Shape};
use argsz_codegen::engine::interp::InterpEngine;
use argsz_codegen::engine::{Engine as _, Input, Outcome};
use argsz_codegen::{Shared, Unit, kinds, lists};
use argsz_schema::checklist::{CheckList, Pointer, SizeFrom};
use argsz_schema::interp;
use argsz_schema::source::Source;
use argsz_schema::{Schema, target};
use libfuzzer_sys::fuzz_target;

/// What generated Rust answers.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Accepted(Vec<u8>),
    Refused { errno: &'static str, rule: &'static str, after_lookup: bool },
}

impl Answer {
    fn refused(rejection: argsz::Rejection, late: &[&str]) -> Self {
        let after_lookup = late.contains(&rejection.rule);
        Self::Refused { errno: rejection.errno.name(), rule: rejection.rule, after_lookup }
    }
}

include!(concat!(env!("OUT_DIR"), "/readers.rs"));

/// Generated C. The table is `const`, and ends with an entry without a name; a reader writes `out` and a `static` of its
/// own, which nobody else touches as the fuzzer has one thread.
mod c {
    use super::CStr;
    use std::ffi::{c_char, c_int, c_void};

    #[repr(C)]
    struct User {
        base: *const u8,
        len: usize,
    }

    #[repr(C)]
    struct Outcome {
        err: c_int,
        rule: *const c_char,
        after_lookup: c_int,
        held: *const c_void,
        known: usize,
    }

    #[repr(C)]
    pub struct Reader {
        name: *const c_char,
        run: Option<unsafe extern "C" fn(User, usize, *mut Outcome)>,
    }

    #[repr(C)]
    struct ErrnoName {
        err: c_int,
        name: *const c_char,
    }

    unsafe extern "C" {
        static readers_iommu: [Reader; 1];
        static readers_iommufd: [Reader; 1];
        static readers_vfio: [Reader; 1];
        static errno_names_iommu: [ErrnoName; 1];
        static errno_names_iommufd: [ErrnoName; 1];
        static errno_names_vfio: [ErrnoName; 1];
    }

    /// The readers of a header by name.
    pub fn readers(stem: &str) -> Vec<(&'static str, &'static Reader)> {
        // SAFETY: the tables end with an entry without a name.
        unsafe {
            let mut at = match stem {
                "iommu" => readers_iommu.as_ptr(),
                "iommufd" => readers_iommufd.as_ptr(),
                _ => readers_vfio.as_ptr(),
            };
            let mut all = Vec::new();
            while !(*at).name.is_null() {
                all.push((CStr::from_ptr((*at).name).to_str().expect("a name"), &*at));
                at = at.add(1);
            }
            all
        }
    }

    /// The name of each errno that readers of any header give.
    pub fn errnos() -> Vec<(i32, &'static str)> {
        let mut all = Vec::new();
        // SAFETY: as above.
        unsafe {
            for table in [errno_names_iommu.as_ptr(), errno_names_iommufd.as_ptr(), errno_names_vfio.as_ptr()] {
                let mut at = table;
                while !(*at).name.is_null() {
                    all.push(((*at).err, CStr::from_ptr((*at).name).to_str().expect("a name")));
                    at = at.add(1);
                }
            }
        }
        all
    }

    /// Errno (0 if accepted), rule, whether after a look-up, and what is held.
    pub fn run(reader: &Reader, user: &[u8], size: usize) -> (i32, &'static str, bool, &'static [u8]) {
        let user = User { base: user.as_ptr(), len: user.len() };
        let mut out = Outcome { err: 0, rule: c"".as_ptr(), after_lookup: 0, held: std::ptr::null(), known: 0 };
        // SAFETY: `user` and `out` live through the call; rules are literals; `held` is a static of `known` bytes.
        unsafe {
            reader.run.expect("a function")(user, size, &mut out);
            let rule = if out.rule.is_null() { "" } else { CStr::from_ptr(out.rule).to_str().expect("a rule") };
            let held = std::slice::from_raw_parts(out.held.cast::<u8>(), out.known);
            (-out.err, rule, out.after_lookup != 0, held)
        }
    }
}

/// One struct, or one pointer of it, and who reads it.
struct Read {
    name: &'static str,
    /// The struct's.
    list: &'static CheckList,
    pointer: Option<Pointer>,
    interp: &'static InterpEngine,
    shape: Shape<'static>,
    rust: fn(&str, &[u8], usize) -> Option<Answer>,
    c: &'static c::Reader,
}

type RustReader = fn(&str, &[u8], usize) -> Option<Answer>;

static ERRNOS: LazyLock<HashMap<i32, &'static str>> = LazyLock::new(|| c::errnos().into_iter().collect());

fn all() -> Vec<Read> {
    let headers: [(&str, &str, &str, RustReader); 3] = [
        ("iommu", "5.10", include_str!("../../schema/linux/iommu.toml"), iommu::answer),
        ("iommufd", "7.3", include_str!("../../schema/linux/iommufd.toml"), iommufd::answer),
        ("vfio", "7.3", include_str!("../../schema/linux/vfio.toml"), vfio::answer),
    ];
    let mut all = Vec::new();
    for (stem, release, text, rust) in headers {
        let schema = Schema::parse(Source::new(stem, text)).expect("a schema");
        let model = schema.at(schema.release(release).expect("a release"));
        let release = schema.release(release).expect("a release");
        let (history, source_name) = (schema.model(), stem);
        let unit =
            Unit { history, release, model: &model, stem, source_name, input_hash: "0", shared: Shared::default() };
        let kinds = kinds::kinds(&unit).expect("layouts");
        let interp: &'static InterpEngine =
            Box::leak(Box::new(InterpEngine::build(&unit, None).expect("an interpreter")));
        for (name, c) in c::readers(stem) {
            let (strct, field) = name.split_once('.').unwrap_or((name, ""));
            let list = interp.list(strct).expect("a check list");
            let pointers = lists::followed(&kinds, strct, |_| true).expect("pointers");
            let pointer = pointers.into_iter().find(|pointer| pointer.word.path == field);
            assert_eq!(pointer.is_some(), name != strct, "{name}");
            all.push(Read { name, list, pointer, interp, shape: Shape::new(list, target::ALL[0].endian), rust, c });
        }
    }
    all
}

thread_local! {
    static ALL: Vec<Read> = all();
}

/// Inputs made from one seed: making the fuzzer think costs more than comparing.
const NEAR: usize = 32;

static COMPARED: AtomicU64 = AtomicU64::new(0);

fn agree(read: &Read, user: &[u8], size: Option<u64>) {
    let compared = COMPARED.fetch_add(1, Ordering::Relaxed) + 1;
    if compared.is_multiple_of(1 << 24) {
        eprintln!("{compared} inputs compared");
    }
    let list = read.list;
    let size = size.unwrap_or(user.len() as u64);
    let beside = (list.size == SizeFrom::Caller).then_some(size);
    let Ok(size) = usize::try_from(size) else { return };
    let expected: Outcome = match read.pointer {
        None => interp::run(list, target::ALL[0], user, beside).into(),
        Some(_) => {
            let input = Input { strct: read.name.to_owned(), user: user.to_vec(), size: beside };
            read.interp.run(&[input]).expect("an answer").remove(0)
        }
    };
    let rust = (read.rust)(read.name, user, size).expect("a reader");
    let (err, rule, late, held) = c::run(read.c, user, size);
    match &expected.held {
        Some(bytes) => {
            assert_eq!(rust, Answer::Accepted(bytes.clone()), "Rust of {} on {user:x?}, {size}", read.name);
            assert!(err == 0 && held == bytes, "C of {} on {user:x?}, {size}: {err} {rule} {held:x?}", read.name);
        }
        None => {
            let by = expected.rule.as_deref().unwrap_or_default();
            let same = matches!(&rust, Answer::Refused { errno, rule, after_lookup }
                if *errno == expected.errno && *rule == by && *after_lookup == expected.after_lookup);
            assert!(same, "Rust of {} on {user:x?}, {size}: {rust:?}, not {expected:?}", read.name);
            let errno = ERRNOS.get(&err).copied().unwrap_or("OK");
            let same = errno == expected.errno && rule == by && late == expected.after_lookup;
            assert!(same, "C of {} on {user:x?}, {size}: {errno} {rule} {late}, not {expected:?}", read.name);
        }
    }
}

/// A first input from a seed.
fn made(read: &Read, dice: &mut Dice) -> Input {
    let Some(pointer) = &read.pointer else { return read.shape.input(dice) };
    let list = |name: &str| read.interp.list(name);
    inputs::followed(list, target::ALL[0].endian, &read.list.name, pointer, dice).expect("lists")
}

fuzz_target!(|input: &[u8]| {
    let [number, how, rest @ ..] = input else { return };
    ALL.with(|all| {
        let read = &all[usize::from(*number) % all.len()];
        if how & 1 == 0 {
            let (size, user) = rest.split_at(rest.len().min(2));
            let size = size.iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
            return agree(read, user, Some(size));
        }
        let mut dice = Dice::new(rest.iter().take(8).fold(u64::from(*how), |seed, byte| seed << 8 | u64::from(*byte)));
        let made = made(read, &mut dice);
        agree(read, &made.user, made.size);
        for _ in 1..NEAR {
            let near = read.shape.near(&made, &mut dice);
            agree(read, &near.user, near.size);
        }
    });
});
