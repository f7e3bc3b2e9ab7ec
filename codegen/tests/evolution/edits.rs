//! Edits of a world: those that the rules of extension allow, and those that break somebody.

use argsz_codegen::engine::inputs::Dice;

use super::world::{Field, Grows, Member, What, World, width};

/// Whom an edit breaks, and the rules of which one says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harm {
    pub(crate) rules: &'static [&'static str],
    pub(crate) old: bool,
    pub(crate) new: bool,
    /// Whether payloads can show it.
    pub(crate) runs: bool,
}

/// By the letters of the tables.
#[expect(clippy::unnecessary_wraps, reason = "each edit ends with it")]
const fn harm(rules: &'static [&'static str], whom: &'static str) -> Option<Harm> {
    let (old, new) = match whom.as_bytes() {
        b"O" => (true, false),
        b"N" => (false, true),
        _ => (true, true),
    };
    Some(Harm { rules, old, new, runs: true })
}

fn argued(harm: Option<Harm>) -> Option<Harm> {
    harm.map(|harm| Harm { runs: false, ..harm })
}

fn pick<'a, T>(dice: &mut Dice, from: &'a [T]) -> Option<&'a T> {
    from.get(dice.below(from.len() as u64) as usize)
}

/// Places of the living fields that pass.
fn places(world: &World, test: impl Fn(&Field) -> bool) -> Vec<usize> {
    let live = |field: &&Field| field.lives(world.releases);
    (0..world.fields.len()).filter(|at| Some(&world.fields[*at]).filter(live).is_some_and(&test)).collect()
}

fn any_place(world: &World, dice: &mut Dice, test: impl Fn(&Field) -> bool) -> Option<usize> {
    pick(dice, &places(world, test)).copied()
}

fn plain(field: &Field) -> bool {
    field.what == What::Plain
}

fn has_body(world: &World) -> bool {
    world.fields.iter().any(|field| field.what == What::Body)
}

/// Begins the next release, and does one thing in it that harms nobody.
pub(crate) fn legal(world: &mut World, dice: &mut Dice) {
    world.releases += 1;
    for _ in 0..=dice.below(2) {
        let done = match dice.below(5) {
            0 => flag(world).map(|_| ()),
            1 => append(world, dice),
            2 => take(world, dice),
            3 => kind(world, dice),
            _ => None,
        };
        if done.is_none() && dice.once_in(2) {
            flag(world);
        }
    }
}

fn flag(world: &mut World) -> Option<String> {
    let bit = world.flags.iter().map(|flag| flag.value).max()? + 1;
    let name = format!("G{bit}");
    world.flags.push(Member { name: name.clone(), value: bit, since: world.releases, arm: None });
    (bit < 32).then_some(name)
}

/// A field beyond the end: under a flag where the size does not say by itself that it counts.
fn append(world: &mut World, dice: &mut Dice) -> Option<()> {
    if world.grows == Grows::Fixed || has_body(world) {
        return None;
    }
    let flag = if world.grows == Grows::Argsz || dice.once_in(2) { Some(flag(world)?) } else { None };
    let (name, at) = (world.name(), world.releases);
    let small = dice.once_in(2);
    let ty = if small { "u32" } else { "u64" };
    world.fields.push(Field::new(name, ty, What::Later { flag }, at));
    if small {
        let name = world.name();
        world.fields.push(Field::new(name, "u32", What::Reserved, at));
    }
    Some(())
}

/// A field in reserved bytes: under a flag unless the older releases made sure that they are zero.
fn take(world: &mut World, dice: &mut Dice) -> Option<()> {
    let place = any_place(world, dice, |field| matches!(field.what, What::Reserved | What::Ignored))?;
    // Where a reader may not know the bytes at all, and does not look at what it does not know, only a flag is refused.
    let checked = world.fields[place].since == 1 || world.grows == Grows::Size;
    let bare = world.fields[place].what == What::Reserved && checked && dice.once_in(2);
    let flag = if bare { None } else { Some(flag(world)?) };
    let (name, at) = (world.name(), world.releases);
    if world.fields[place].since == at {
        return None;
    }
    world.fields[place].until = Some(at);
    let ty = world.fields[place].ty;
    world.fields.insert(place + 1, Field::new(name, ty, What::Later { flag }, at));
    Some(())
}

/// A value that chooses an arm of the union, which may make it grow; or that has none.
fn kind(world: &mut World, dice: &mut Dice) -> Option<()> {
    let value = world.kinds.iter().map(|kind| kind.value).max()? + 1;
    let largest = world.kinds.iter().filter_map(|kind| kind.arm).max()?;
    let most = if world.grows == Grows::Fixed { largest } else { largest + 2 };
    let arm = (!dice.once_in(3)).then(|| 1 + dice.below(most));
    world.kinds.push(Member { name: format!("K{value}"), value, since: world.releases, arm });
    Some(())
}

/// Begins the next release, and does one thing in it that breaks somebody; `None` if the world has nothing of the kind.
pub(crate) fn illegal(world: &mut World, dice: &mut Dice) -> Option<Harm> {
    world.releases += 1;
    match dice.below(4) {
        0 => on_layout(world, dice),
        1 => on_values(world, dice),
        2 => on_growth(world, dice),
        _ => on_reserved(world, dice),
    }
}

fn on_layout(world: &mut World, dice: &mut Dice) -> Option<Harm> {
    let place = any_place(world, dice, plain)?;
    let ty = world.fields[place].ty;
    match dice.below(6) {
        // Two fields of one kind change places.
        0 => {
            let other = any_place(world, dice, |field| plain(field) && field.ty == ty && field.limit.is_none())?;
            if other == place || world.fields[place].limit.is_some() {
                return None;
            }
            let name = world.fields[place].name.clone();
            world.fields[place].name = std::mem::replace(&mut world.fields[other].name, name);
            harm(&["L01"], "B")
        }
        1 => {
            let wider = match ty {
                "u16" | "u64" => "u32",
                "u32" => "u64",
                _ => return None,
            };
            world.fields[place].ty = wider;
            world.fields[place].limit = None;
            harm(&["L02"], "B")
        }
        2 if ty == "u32" => {
            world.fields[place].ty = "s32";
            argued(harm(&["L03"], "B"))
        }
        3 if ty == "u32" => {
            world.fields[place].ty = "be32";
            world.fields[place].limit = None;
            harm(&["L04"], "B")
        }
        4 => {
            // Of the last field of what grows new users just send less, and an old kernel reads zeros: not shown.
            let is_last = places(world, |_| true).last() == Some(&place) && world.grows != Grows::Fixed;
            if is_last || world.fields[place].name == world.min {
                return None;
            }
            world.fields.remove(place);
            // Reserved bytes that move up to its place are told as a demand of zeros.
            harm(&["L05", "R03"], "B")
        }
        _ => {
            let (name, from) = (world.name(), any_place(world, dice, plain)?);
            world.fields.insert(from, Field::new(name, "u64", What::Plain, 1));
            harm(&["L09", "L01"], "B")
        }
    }
}

fn on_values(world: &mut World, dice: &mut Dice) -> Option<Harm> {
    match dice.below(7) {
        0 => {
            let free = world.flags.iter().map(|flag| flag.value).max()? + 1;
            world.flags[0].value = free;
            harm(&["F01"], "B")
        }
        1 => {
            let used = |name: &str| {
                let flagged = What::Later { flag: Some(name.to_owned()) };
                world.fields.iter().any(|field| field.what == flagged)
            };
            let place = world.flags.iter().position(|flag| !used(&flag.name))?;
            world.flags.remove(place);
            harm(&["F02"], "O")
        }
        2 => {
            let free = world.kinds.iter().map(|kind| kind.value).max()? + 1;
            let place = dice.below(world.kinds.len() as u64) as usize;
            world.kinds[place].value = free;
            harm(&["F07"], "B")
        }
        3 => {
            let place = world.kinds.iter().position(|kind| kind.arm.is_none())?;
            world.kinds.remove(place);
            harm(&["F08"], "O")
        }
        4 => {
            let place = any_place(world, dice, |field| field.limit.is_some())?;
            world.fields[place].limit = Some(10);
            harm(&["F12"], "O")
        }
        5 => {
            let place = any_place(world, dice, |field| field.limit.is_some())?;
            world.fields[place].limit = None;
            harm(&["F12"], "N")
        }
        _ => {
            let place = any_place(world, dice, |field| field.limit.is_some())?;
            world.fields[place].more += ", errno = \"ERANGE\"";
            argued(harm(&["I05"], "O"))
        }
    }
}

fn on_growth(world: &mut World, dice: &mut Dice) -> Option<Harm> {
    match dice.below(6) {
        // A field behind the end that no flag announces, or that nobody can say the size of.
        0 | 1 if !has_body(world) => {
            let name = world.name();
            world.fields.push(Field::new(name, "u64", What::Plain, 1));
            match world.grows {
                Grows::Argsz => harm(&["E04"], "N"),
                Grows::Fixed => harm(&["E03"], "B"),
                Grows::Size => None,
            }
        }
        2 if world.grows != Grows::Fixed => {
            let last = places(world, plain).last().copied()?;
            let before = world.least(world.releases);
            world.min = world.fields[last].name.clone();
            (world.least(world.releases) > before).then_some(())?;
            harm(&["E10"], "O")
        }
        3 if world.grows == Grows::Argsz => {
            let flagged = |field: &Field| matches!(field.what, What::Later { flag: Some(_) });
            let beyond = world.fields.iter().rposition(flagged)?;
            let What::Later { flag: Some(flag) } = &world.fields[beyond].what else { return None };
            let ended = world.placed(world.releases).iter().find(|(field, ..)| field.name == world.min)?.2;
            let placed =
                world.placed(world.releases).iter().find(|(field, ..)| field.name == world.fields[beyond].name)?.2;
            (placed > ended).then_some(())?;
            world.covers.push((flag.clone(), None));
            harm(&["E07"], "N")
        }
        4 if world.grows == Grows::Argsz && world.least(world.releases) < world.known(world.releases) => {
            world.tail = Some("refused");
            argued(harm(&["E17"], "N"))
        }
        _ => None,
    }
}

fn on_reserved(world: &mut World, dice: &mut Dice) -> Option<Harm> {
    let of = |what: What| move |field: &Field| field.what == what;
    match dice.below(5) {
        0 => {
            let place = any_place(world, dice, of(What::Ignored))?;
            world.fields[place].what = What::Reserved;
            harm(&["R03"], "O")
        }
        1 => {
            let place = any_place(world, dice, of(What::Reserved))?;
            world.fields[place].what = What::Ignored;
            harm(&["R04"], "N")
        }
        2 => {
            let place = any_place(world, dice, of(What::Ignored))?;
            world.fields[place].what = What::Plain;
            harm(&["R02"], "B")
        }
        3 => {
            let place = any_place(world, dice, |field| plain(field) && field.limit.is_none())?;
            world.fields[place].what = What::Reserved;
            harm(&["R03"], "O")
        }
        _ => {
            let place = any_place(world, dice, |field| plain(field) && width(field.ty) > 1)?;
            (world.fields[place].name != world.min).then_some(())?;
            world.fields[place].limit = None;
            world.fields[place].what = What::Ignored;
            harm(&["L05"], "B")
        }
    }
}
