//! A struct through its releases that knows by itself, without a check list, what its users send and who takes it.

use std::fmt::Write as _;

use argsz_codegen::engine::inputs::Dice;
use argsz_schema::model::Release;

/// Who says how large the struct is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grows {
    Argsz,
    Size,
    Fixed,
}

/// What a field is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Size,
    Flags,
    Kind,
    /// A value, looked at always.
    Plain,
    /// Bytes that must be zero.
    Reserved,
    /// Bytes that nobody looks at.
    Ignored,
    /// A value that came later; it counts under a flag, or where it is not zero.
    Later {
        flag: Option<String>,
    },
    /// A union of the arms of kinds; always last.
    Body,
}

/// A field through the releases.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: &'static str,
    pub(crate) what: What,
    /// The largest value, if not all are taken.
    pub(crate) limit: Option<u64>,
    /// More keys of the language, each with a comma before it.
    pub(crate) more: String,
    pub(crate) since: u16,
    pub(crate) until: Option<u16>,
}

/// A flag, or a value of the enum that chooses the arm of the union.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// A bit, or a value.
    pub(crate) value: u64,
    pub(crate) since: u16,
    /// Of a kind: how many u64 its arm has.
    pub(crate) arm: Option<u64>,
}

/// A header with one struct in it, `t`.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) releases: u16,
    pub(crate) grows: Grows,
    /// What becomes of more bytes than a reader knows, if not the default.
    pub(crate) tail: Option<&'static str>,
    pub(crate) flags: Vec<Member>,
    pub(crate) kinds: Vec<Member>,
    pub(crate) fields: Vec<Field>,
    /// The field with which the base ends.
    pub(crate) min: String,
    /// Minimum sizes that were edited: a flag, and the field that it covers, or none.
    pub(crate) covers: Vec<(String, Option<String>)>,
    /// Names given so far.
    pub(crate) names: u64,
}

/// What a user of one release sends.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) bytes: Vec<u8>,
    /// The size beside the pointer.
    pub(crate) size: Option<u64>,
    /// The release that brought the newest thing it asks for.
    pub(crate) asks: u16,
}

pub(crate) fn width(ty: &str) -> usize {
    match ty {
        "u8" => 1,
        "u16" => 2,
        "u32" | "s32" | "be32" | "u8[4]" => 4,
        _ => 8,
    }
}

impl Field {
    pub(crate) fn new(name: impl Into<String>, ty: &'static str, what: What, since: u16) -> Self {
        Self { name: name.into(), ty, what, limit: None, more: String::new(), since, until: None }
    }

    pub(crate) fn lives(&self, at: u16) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }
}

impl World {
    /// Any world at its first release. All of it lies in rows of eight bytes, so that there is no padding.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        let grows = [Grows::Argsz, Grows::Argsz, Grows::Size, Grows::Fixed][dice.below(4) as usize];
        let member = |name: &str, value| Member { name: name.to_owned(), value, since: 1, arm: None };
        let mut world = Self {
            releases: 1,
            grows,
            tail: None,
            flags: vec![member("A", 0), member("B", 1)],
            kinds: Vec::new(),
            fields: Vec::new(),
            min: String::new(),
            covers: Vec::new(),
            names: 0,
        };
        match grows {
            Grows::Fixed => world.add("u32", What::Plain),
            _ => world.add("u32", What::Size),
        }
        world.add("u32", What::Flags);
        if dice.once_in(2) {
            world.add("u32", What::Kind);
            world.add("u32", What::Reserved);
            world.kinds = vec![member("ONE", 1), member("TWO", 2), member("THREE", 3)];
            world.kinds[1].arm = Some(1 + dice.below(3));
            world.kinds[2].arm = Some(1 + dice.below(3));
        }
        for _ in 0..=dice.below(4) {
            world.row(dice);
        }
        let plain = world.fields.iter().skip(2).rfind(|field| field.what == What::Plain);
        let least = if world.kinds.is_empty() { "flags" } else { "kind" };
        world.min = plain.map_or(least, |field| &field.name).to_owned();
        for _ in 0..dice.below(3) {
            world.row(dice);
        }
        if !world.kinds.is_empty() {
            world.add("", What::Body);
        }
        world
    }

    fn add(&mut self, ty: &'static str, what: What) {
        let name = match what {
            What::Size => "argsz".to_owned(),
            What::Flags => "flags".to_owned(),
            What::Kind => "kind".to_owned(),
            What::Body => "body".to_owned(),
            _ => self.name(),
        };
        let limit = (what == What::Plain && ty == "u32" && self.names.is_multiple_of(3)).then_some(1000);
        self.fields.push(Field { limit, ..Field::new(name, ty, what, self.releases) });
    }

    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("f{}", self.names)
    }

    /// Eight bytes more.
    fn row(&mut self, dice: &mut Dice) {
        let what = |dice: &mut Dice| match dice.below(5) {
            0 => What::Reserved,
            1 => What::Ignored,
            _ => What::Plain,
        };
        let rows: [&[&'static str]; 5] =
            [&["u64"], &["u32", "u32"], &["s32", "be32"], &["u16", "u16", "u8[4]"], &["u8[8]"]];
        for ty in rows[dice.below(5) as usize] {
            let what = what(dice);
            self.add(ty, what);
        }
    }

    /// The fields of a release, each with its place.
    pub(crate) fn placed(&self, at: u16) -> Vec<(&Field, usize, usize)> {
        let mut offset = 0;
        let live = self.fields.iter().filter(|field| field.lives(at));
        live.map(|field| {
            let from = offset;
            offset += if field.what == What::Body { self.body(at) } else { width(field.ty) };
            (field, from, offset)
        })
        .collect()
    }

    /// Bytes of the union.
    fn body(&self, at: u16) -> usize {
        let arms = self.kinds.iter().filter(|kind| kind.since <= at).filter_map(|kind| kind.arm);
        arms.max().unwrap_or(0) as usize * 8
    }

    pub(crate) fn known(&self, at: u16) -> usize {
        self.placed(at).last().map_or(0, |placed| placed.2)
    }

    pub(crate) fn least(&self, at: u16) -> usize {
        self.placed(at).iter().find(|(field, ..)| field.name == self.min).map_or(8, |placed| placed.2)
    }

    /// What some user of a release sends.
    pub(crate) fn payload(&self, at: u16, dice: &mut Dice) -> Payload {
        let flags: Vec<&Member> = self.flags.iter().filter(|flag| flag.since <= at && dice.once_in(2)).collect();
        let kinds: Vec<&Member> = self.kinds.iter().filter(|kind| kind.since <= at).collect();
        let kind = kinds.get(dice.below(kinds.len() as u64) as usize);
        let mut asks = flags.iter().chain(kind).map(|member| member.since).max().unwrap_or(1);
        let mut bytes = vec![0; self.known(at)];
        let mut needed = self.least(at);
        for (field, from, to) in self.placed(at) {
            let mut put = |value: u64| {
                let word = value.to_le_bytes();
                bytes[from..to].iter_mut().zip(word).for_each(|(byte, value)| *byte = value);
            };
            match &field.what {
                What::Size | What::Reserved => continue,
                What::Flags => put(flags.iter().map(|flag| 1 << flag.value).sum()),
                What::Kind => put(kind.map_or(0, |kind| kind.value)),
                What::Later { flag: Some(flag) } if flags.iter().all(|other| other.name != *flag) => continue,
                What::Later { flag: None } if dice.once_in(2) => continue,
                What::Body => {
                    let Some(arm) = kind.and_then(|kind| kind.arm) else { continue };
                    bytes[from..from + arm as usize * 8].iter_mut().for_each(|byte| *byte = dice.roll() as u8);
                    needed = needed.max(from + arm as usize * 8);
                    continue;
                }
                What::Plain | What::Ignored | What::Later { .. } => {
                    let any = if dice.once_in(4) { 0 } else { dice.roll() };
                    put(field.limit.map_or(any, |limit| any % (limit + 1)));
                }
            }
            let asked = bytes[from..to].iter().any(|byte| *byte != 0);
            let counts = matches!(&field.what, What::Later { flag: Some(_) });
            if asked || counts {
                needed = needed.max(to);
            }
            if asked && matches!(field.what, What::Later { .. }) {
                asks = asks.max(field.since);
            }
        }
        let size = needed as u64 + dice.below((self.known(at) - needed) as u64 + 1);
        if self.grows == Grows::Fixed {
            return Payload { bytes, size: None, asks };
        }
        bytes[..4].copy_from_slice(&(size as u32).to_le_bytes());
        bytes.truncate(size as usize);
        Payload { bytes, size: None, asks }
    }

    /// The header as text.
    pub(crate) fn text(&self) -> String {
        let releases: Vec<String> = (1..=self.releases).map(|release| format!("\"{release}\"")).collect();
        let mut text = format!(
            "grammar = 1\n\n[header]\npath = \"linux/t.h\"\nguard = \"_T_H\"\nlicense = \"MIT\"\n\
             includes = [\"linux/types.h\"]\nreleases = [{}]\n\n",
            releases.join(", ")
        );
        let member = |key: &str, member: &Member| {
            format!("{} = {{ {key} = {}{} }}", member.name, member.value, since(member.since))
        };
        let list =
            |key: &str, members: &[Member]| members.iter().map(|one| member(key, one)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "[flags.t_flags]\ntype = \"u32\"\nprefix = \"T_\"");
        let _ = writeln!(text, "bits = {{ {} }}\n", list("bit", &self.flags));
        if !self.kinds.is_empty() {
            let _ = writeln!(text, "[enum.t_kind]\ntype = \"u32\"\nprefix = \"K_\"");
            let _ = writeln!(text, "values = {{ {} }}\n", list("value", &self.kinds));
        }
        let grows = match self.grows {
            Grows::Argsz => "argsz",
            Grows::Size => "size",
            Grows::Fixed => "fixed",
        };
        let _ = writeln!(text, "[struct.t]\ngrows = \"{grows}\"");
        if self.grows != Grows::Fixed {
            let _ = writeln!(text, "min = \"{}\"", self.min);
        }
        if let Some(tail) = self.tail {
            let _ = writeln!(text, "tail = \"{tail}\"");
        }
        let fields: String = self.fields.iter().map(|field| self.field(field)).collect();
        let _ = writeln!(text, "fields = [\n{fields}]");
        if self.grows != Grows::Fixed {
            let sizes: String = self.sizes().iter().map(|size| format!("  {{ {size} }},\n")).collect();
            let _ = writeln!(text, "min_size = [\n{sizes}]");
        }
        text
    }

    fn field(&self, field: &Field) -> String {
        let Field { name, ty, .. } = field;
        let mut keys = field.more.clone();
        if let Some(limit) = field.limit {
            let _ = write!(keys, ", range = \"0..={limit}\"");
        }
        keys += &since(field.since);
        if let Some(until) = field.until {
            let _ = write!(keys, ", until = \"{until}\"");
        }
        let kind = match &field.what {
            What::Size if self.grows == Grows::Size => ", role = \"size\"".to_owned(),
            What::Size => ", role = \"argsz\"".to_owned(),
            What::Flags => ", flags = \"t_flags\"".to_owned(),
            What::Kind => ", enum = \"t_kind\"".to_owned(),
            What::Reserved => ", reserved = true".to_owned(),
            What::Ignored => ", reserved = \"ignored\"".to_owned(),
            What::Later { flag: Some(flag) } => format!(", when = \"flags.has({flag})\""),
            What::Plain | What::Later { flag: None } => String::new(),
            What::Body => return self.union(name),
        };
        format!("  {{ name = \"{name}\", type = \"{ty}\"{kind}{keys} }},\n")
    }

    fn union(&self, name: &str) -> String {
        let bare: Vec<String> =
            self.kinds.iter().filter(|kind| kind.arm.is_none()).map(|kind| format!("\"{}\"", kind.name)).collect();
        let arms = self.kinds.iter().filter_map(|kind| {
            let (arm, key, since) = (kind.arm?, &kind.name, since(kind.since));
            let name = format!("arm_{}", key.to_lowercase());
            Some(format!("    {{ when = \"{key}\", name = \"{name}\", type = \"u64[{arm}]\"{since} }},\n"))
        });
        let arms: String = arms.collect();
        format!("  {{ name = \"{name}\", selector = \"kind\", none = [{}], union = [\n{arms}  ] }},\n", bare.join(", "))
    }

    /// What each flag and each kind needs.
    fn sizes(&self) -> Vec<String> {
        let edited = |key: &str| self.covers.iter().find(|(name, _)| name == key).map(|(_, field)| field.clone());
        let base = self.least(self.releases);
        let beyond =
            |name: &str| self.placed(self.releases).iter().any(|(field, _, to)| field.name == name && *to > base);
        let flags = self.fields.iter().filter_map(|field| {
            let What::Later { flag: Some(flag) } = &field.what else { return None };
            beyond(&field.name).then_some(())?;
            let field_name = edited(flag).unwrap_or_else(|| Some(field.name.clone()))?;
            Some(format!("when = \"flags.has({flag})\", covers = \"{field_name}\"{}", since(field.since)))
        });
        let arms = self.kinds.iter().filter(|kind| kind.arm.is_some()).map(|kind| {
            let (key, arm) = (&kind.name, kind.name.to_lowercase());
            format!("when = \"kind == {key}\", covers = \"body.arm_{arm}\"{}", since(kind.since))
        });
        flags.chain(arms).collect()
    }
}

fn since(release: u16) -> String {
    if release > 1 { format!(", since = \"{release}\"") } else { String::new() }
}

/// The release of that number.
pub(crate) fn release(number: u16) -> Release {
    Release(number - 1)
}
