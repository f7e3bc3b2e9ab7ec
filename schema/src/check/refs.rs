//! References: that what is named exists, at every release at which it is used; and that no struct contains itself.

use super::{Check, walk};
use crate::bits::{BitField, CellTable, Says};
use crate::chain::Chain;
use crate::codes::{self, Code};
use crate::diag::Diagnostic;
use crate::hash::{HashMap, HashSet};
use crate::layout::base;
use crate::model::{Field, Item, Life, Pointee, Release, Struct, Type, ValueType};
use crate::nearest::did_you_mean;
use crate::source::Span;
use crate::words::{PRIMITIVES, number_of_c};

/// Everything that can be named, by kind, with the lives it has.
struct Names<'m> {
    types: HashMap<&'m str, Vec<(Life, Span)>>,
    flags: HashMap<&'m str, Vec<(Life, Span)>>,
    enums: HashMap<&'m str, Vec<(Life, Span)>>,
    bits: HashMap<&'m str, Vec<(Life, Span)>>,
    releases: Vec<Release>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Type,
    Flags,
    Enum,
    Bits,
}

/// Reports what is not there; gives the structs that can therefore have no layout, by release.
pub(super) fn check(check: &Check<'_>, releases: &[Release]) -> HashSet<(String, Release)> {
    let names = Names::of(check, releases);
    let mut broken = HashSet::default();
    for item in &check.model.items {
        match item {
            Item::Struct(def) => fields(check, &names, def, &mut broken),
            Item::Ioctl(ioctl) => {
                if let Some(Type::Named(name)) = ioctl.arg.as_ref().map(base) {
                    names.want(check, Kind::Type, name, ioctl.meta.life, named(name, ioctl.arg_at));
                }
            }
            Item::Bits(bits) => {
                bits.fields
                    .iter()
                    .for_each(|field| bit_field(check, &names, field, both(field.meta.life, bits.meta.life)));
            }
            Item::CellTable(table) => cells(check, &names, table),
            Item::Chain(chain) => self::chain(check, &names, chain),
            Item::Const(_) | Item::Flags(_) | Item::Enum(_) => {}
        }
    }
    for layer in check.model.layers.values() {
        for (name, rules) in &layer.on {
            let span = rules.first().map_or(layer.meta.span, |rule| rule.span);
            // A layer waits for its struct, and outlives it.
            names.exists(check, Kind::Type, name, span);
        }
    }
    for release in names.releases {
        contained(check, release, &mut broken);
    }
    broken
}

impl Kind {
    /// The code of its absence, and what people call it.
    fn words(self) -> (Code, &'static str) {
        match self {
            Self::Type => (codes::AZ0130, "type"),
            Self::Flags => (codes::AZ0131, "set of flags"),
            Self::Enum => (codes::AZ0131, "enum"),
            Self::Bits => (codes::AZ1032, "entry, descriptor or register"),
        }
    }
}

impl<'m> Names<'m> {
    fn of(check: &Check<'m>, releases: &[Release]) -> Self {
        let releases = releases.to_vec();
        let [types, flags, enums, bits] = std::array::from_fn(|_| HashMap::default());
        let mut names = Self { types, flags, enums, bits, releases };
        for item in &check.model.items {
            let kind = match item {
                Item::Struct(_) => &mut names.types,
                Item::Flags(_) => &mut names.flags,
                Item::Enum(_) => &mut names.enums,
                Item::Bits(_) => &mut names.bits,
                Item::Const(_) | Item::Ioctl(_) | Item::CellTable(_) | Item::Chain(_) => continue,
            };
            kind.entry(&item.meta().name).or_default().push((item.meta().life, item.meta().span));
        }
        names
    }

    fn kind(&self, kind: Kind) -> &HashMap<&'m str, Vec<(Life, Span)>> {
        match kind {
            Kind::Type => &self.types,
            Kind::Flags => &self.flags,
            Kind::Enum => &self.enums,
            Kind::Bits => &self.bits,
        }
    }

    /// Reports a name that never exists; gives its lives.
    fn exists(&self, check: &Check<'_>, kind: Kind, name: &str, at: Span) -> Option<&[(Life, Span)]> {
        let found = self.kind(kind).get(name);
        if found.is_none() {
            let (code, what) = kind.words();
            let finding = Diagnostic::new(code, at, format!("there is no {what} `{name}`"));
            let numbers = PRIMITIVES.iter().map(|(name, _)| *name).filter(|_| kind == Kind::Type);
            let of_c = Some(name).filter(|_| kind == Kind::Type).and_then(number_of_c);
            let near = of_c.map(|number| format!("that is `{number}` here"));
            let near = near.or_else(|| self.elsewhere(kind, name));
            let near = near.or_else(|| did_you_mean(name, numbers.chain(self.kind(kind).keys().copied())));
            let help = near.or_else(|| {
                let table = match kind {
                    Kind::Type => "struct",
                    Kind::Flags => "flags",
                    Kind::Enum => "enum",
                    Kind::Bits => "descriptor",
                };
                Some(format!("define it in this file: `[{table}.{name}]`"))
            });
            check.report(Diagnostic { help, ..finding });
        }
        found.map(Vec::as_slice)
    }

    /// Reports a name that is not there, never or not always; gives the releases at which it is missing.
    fn want(&self, check: &Check<'_>, kind: Kind, name: &str, life: Life, at: Span) -> Vec<Release> {
        let used = self.releases.iter().copied().filter(|release| life.has(*release));
        let Some(lives) = self.exists(check, kind, name, at) else { return used.collect() };
        let missing = |release: &Release| !lives.iter().any(|(life, _)| life.has(*release));
        let missing: Vec<Release> = used.filter(missing).collect();
        if let Some(first) = missing.first() {
            let message = format!("{} `{name}` does not exist at {}", kind.words().1, check.name(*first));
            let finding = Diagnostic::new(codes::AZ0132, at, message).label("used here");
            let finding = finding.also(lives[0].1, format!("`{name}` lives {}", life_text(check, lives[0].0)));
            check.report(finding.help("give the user of the name a life inside that of the name"));
        }
        missing
    }

    /// The name is there, as something else.
    fn elsewhere(&self, kind: Kind, name: &str) -> Option<String> {
        let others = [
            (Kind::Flags, "a set of flags: a field has it beside its type, `type = \"u32\", flags = "),
            (Kind::Enum, "an enum: a field has it beside its type, `type = \"u32\", enum = "),
            (Kind::Type, "a struct or union: a field has it as `type = "),
        ];
        let found = others.into_iter().find(|(other, _)| *other != kind && self.kind(*other).contains_key(name));
        found.map(|(_, how)| format!("`{name}` is {how}\"{name}\"`"))
    }
}

/// The place of a name in a type, in which dimensions come after it.
fn named(name: &str, ty: Span) -> Span {
    let end = u32::try_from(name.len()).map_or(ty.end, |length| ty.start.saturating_add(length));
    Span { end: end.min(ty.end), ..ty }
}

fn life_text(check: &Check<'_>, life: Life) -> String {
    let since = check.name(life.since);
    life.until.map_or_else(|| format!("since {since}"), |until| format!("since {since} until {}", check.name(until)))
}

/// The releases that both have.
fn both(a: Life, b: Life) -> Life {
    let until = match (a.until, b.until) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Life { since: a.since.max(b.since), until }
}

fn bit_field(check: &Check<'_>, names: &Names<'_>, field: &BitField, life: Life) {
    match &field.values {
        Some((ValueType::Flags(name), at)) => drop(names.want(check, Kind::Flags, name, life, *at)),
        Some((ValueType::Enum(name), at)) => drop(names.want(check, Kind::Enum, name, life, *at)),
        None => {}
    }
}

fn cells(check: &Check<'_>, names: &Names<'_>, table: &CellTable) {
    for (name, at) in [&table.rows, &table.columns] {
        names.want(check, Kind::Enum, name, table.meta.life, *at);
    }
    for cell in &table.cells {
        if let Says::Becomes { item: (name, at), .. } = &cell.says {
            names.want(check, Kind::Bits, name, table.meta.life, *at);
        }
    }
}

fn chain(check: &Check<'_>, names: &Names<'_>, chain: &Chain) {
    for (name, at) in [&chain.of, &chain.head] {
        names.want(check, Kind::Type, name, chain.meta.life, *at);
    }
    names.want(check, Kind::Enum, &chain.ids.0, chain.meta.life, chain.ids.1);
    for link in &chain.links {
        // A link waits for its struct.
        names.exists(check, Kind::Type, &link.ty.0, link.ty.1);
    }
}

fn fields(check: &Check<'_>, names: &Names<'_>, def: &Struct, broken: &mut HashSet<(String, Release)>) {
    walk(&def.fields, &mut |field: &Field| {
        let life = both(field.meta.life, def.meta.life);
        if let Type::Named(name) = base(&field.ty) {
            let missing = names.want(check, Kind::Type, name, life, named(name, field.ty_at));
            broken.extend(missing.into_iter().map(|release| (def.meta.name.clone(), release)));
        }
        match &field.values {
            Some((ValueType::Flags(name), at)) => drop(names.want(check, Kind::Flags, name, life, *at)),
            Some((ValueType::Enum(name), at)) => drop(names.want(check, Kind::Enum, name, life, *at)),
            None => {}
        }
        let Some(points_to) = &field.points_to else { return };
        match &points_to.target {
            Pointee::Type(ty, at) => {
                if let Type::Named(name) = base(ty) {
                    names.want(check, Kind::Type, name, life, named(name, *at));
                }
            }
            Pointee::Select { arms, .. } => {
                for (values, name) in arms {
                    let at = values.first().map_or(points_to.span, |(_, span)| *span);
                    // Which release has the arm is the business of its value: see `unions`.
                    names.exists(check, Kind::Type, name, at);
                }
            }
        }
    });
}

/// Finds structs that contain themselves at a release; those, what contains them, and what contains what is not
/// there, are broken.
fn contained(check: &Check<'_>, release: Release, broken: &mut HashSet<(String, Release)>) {
    let alive = |def: &&Struct| def.meta.life.has(release);
    let defs: Vec<&Struct> = check.model.structs().filter(alive).collect();
    let index: HashMap<&str, usize> = defs.iter().enumerate().map(|(at, def)| (def.meta.name.as_str(), at)).collect();
    let mut inside: Vec<Vec<(usize, Span)>> = vec![Vec::new(); defs.len()];
    let mut outside: Vec<Vec<usize>> = vec![Vec::new(); defs.len()];
    for (at, def) in defs.iter().enumerate() {
        walk(&def.fields, &mut |field| {
            let Type::Named(name) = base(&field.ty) else { return };
            if let Some(of) = index.get(name.as_str()).filter(|_| field.meta.life.has(release)) {
                inside[at].push((*of, field.meta.span));
                outside[*of].push(at);
            }
        });
    }
    let mut open: Vec<usize> = cycles(check, &defs, &inside).into_iter().collect();
    open.extend(
        defs.iter().enumerate().filter(|(_, def)| broken.contains(&(def.meta.name.clone(), release))).map(|(at, _)| at),
    );
    let mut seen: HashSet<usize> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        broken.insert((defs[at].meta.name.clone(), release));
        open.extend(outside[at].iter().copied().filter(|outer| seen.insert(*outer)));
    }
}

/// Reports each cycle; gives the structs on one.
fn cycles(check: &Check<'_>, defs: &[&Struct], inside: &[Vec<(usize, Span)>]) -> HashSet<usize> {
    let (mut done, mut on_stack) = (vec![false; defs.len()], vec![false; defs.len()]);
    let mut found = HashSet::default();
    for root in 0..defs.len() {
        let mut stack = if done[root] { Vec::new() } else { vec![(root, 0)] };
        while let Some((at, next)) = stack.last_mut() {
            let at = *at;
            on_stack[at] = true;
            let Some((to, span)) = inside[at].get(*next).copied() else {
                (done[at], on_stack[at]) = (true, false);
                stack.pop();
                continue;
            };
            *next += 1;
            if on_stack[to] {
                let way: Vec<usize> = stack.iter().map(|(at, _)| *at).skip_while(|at| *at != to).collect();
                let names = way.iter().chain([&to]).map(|at| defs[*at].meta.name.as_str());
                let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" contains ");
                let finding = Diagnostic::new(codes::AZ0133, span, format!("a struct that contains itself: {names}"));
                let finding = finding.label("this field closes the circle").also(defs[to].meta.span, "begins here");
                check.report(finding.help("a struct can only point to itself: use a `u64` with `points_to`"));
                found.extend(way);
            } else if !done[to] {
                stack.push((to, 0));
            }
        }
    }
    found
}
