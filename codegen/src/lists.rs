//! The check lists of a release: what every emitter of validators prints, and for which structs.

use argsz_schema::checklist::{self, CheckList, Pointer, Slot, Step};
use argsz_schema::hash::HashSet;
use argsz_schema::layout::Layouts;
use argsz_schema::model::{Dir, Grows, Model, Struct, Type};
use argsz_schema::shares;

use crate::EmitError;
use crate::kinds::{self, Kinds};
use crate::shares::SHARE;

/// The lists of one struct: the generic one, and those with a layer over it.
#[derive(Debug, Clone)]
pub struct StructLists {
    /// Without a layer.
    pub generic: CheckList,
    /// With each layer that has something to say of the struct.
    pub layered: Vec<CheckList>,
}

impl StructLists {
    /// The generic steps that the bytes alone decide, and those that come after look-ups. Code cannot be left for a
    /// look-up and entered again, so the second kind has to stand behind all of the first.
    pub fn halves(&self) -> Result<(&[Step], &[Step]), EmitError> {
        let steps = &self.generic.steps;
        let cut = steps.iter().position(|step| step.after_lookup).unwrap_or(steps.len());
        let (before, after) = steps.split_at(cut);
        match after.iter().find(|step| !step.after_lookup) {
            Some(step) => Err(EmitError::Checks {
                item: self.generic.name.clone(),
                reason: format!("`{}` is judged before look-ups, but stands after one that is not", step.id),
            }),
            None => Ok((before, after)),
        }
    }

    /// The steps of `layered` that the generic list has not: a layer is judged after all generic steps.
    pub fn beyond<'a>(&self, layered: &'a CheckList) -> Result<&'a [Step], EmitError> {
        let generic = &self.generic.steps;
        let same = |(a, b): (&Step, &Step)| a.id == b.id && a.op == b.op && a.when == b.when;
        let follows = layered.steps.len() >= generic.len() && generic.iter().zip(&layered.steps).all(same);
        follows.then(|| &layered.steps[generic.len()..]).ok_or_else(|| EmitError::Checks {
            item: layered.name.clone(),
            reason: format!("`{}` does not follow the generic steps", layered.layer.as_deref().unwrap_or_default()),
        })
    }
}

/// The lists of some structs, each with those of the layers that have something to say of it.
pub fn compile(layouts: &Layouts<'_>, structs: &[&str], layers: &[&str]) -> Result<Vec<StructLists>, EmitError> {
    let one = |name: &str, layer: Option<&str>| {
        checklist::compile(layouts, name, layer).map_err(|found| EmitError::Checks {
            item: name.to_owned(),
            reason: found.into_iter().map(|diagnostic| diagnostic.message).collect::<Vec<_>>().join("; "),
        })
    };
    let speaks = |layer: &str, name: &str| layouts.model.layers.get(layer).is_some_and(|on| on.on.contains_key(name));
    let of = |name: &str| {
        let layered = layers.iter().filter(|layer| speaks(layer, name)).map(|layer| one(name, Some(layer)));
        Ok(StructLists { generic: one(name, None)?, layered: layered.collect::<Result<_, EmitError>>()? })
    };
    let some: Vec<&[&str]> = structs.chunks(SHARE).collect();
    let made = shares::map(&some, |some| some.iter().map(|name| of(name)).collect::<Result<Vec<_>, _>>());
    let mut lists = Vec::with_capacity(structs.len());
    for some in made {
        lists.extend(some?);
    }
    Ok(lists)
}

/// The pointers of a struct that a reader can follow: to structs that a user fills in, that have lists, and that lie the
/// same way on every machine.
pub fn followed(kinds: &Kinds<'_>, name: &str, has_list: impl Fn(&str) -> bool) -> Result<Vec<Pointer>, EmitError> {
    let found = checklist::pointers(&kinds[0], name)
        .map_err(|found| EmitError::Checks { item: name.to_owned(), reason: found.message })?;
    let with_lists = found.into_iter().map(|mut pointer| {
        pointer.to.retain(|(_, to)| has_list(to) && kinds::same(kinds, to));
        pointer
    });
    let unsigned = |slot: &Option<Slot>| slot.as_ref().is_none_or(|slot| !slot.signed);
    let can = |pointer: &Pointer| {
        pointer.dir != Dir::Out
            && !pointer.to.is_empty()
            && [&pointer.count, &pointer.bytes, &pointer.stride].into_iter().all(unsigned)
    };
    Ok(with_lists.filter(can).collect())
}

/// Names of all structs: any of them may be judged by itself.
#[must_use]
pub fn every_struct(model: &Model) -> Vec<&str> {
    model.structs().filter(|def| !def.is_union).map(|def| def.meta.name.as_str()).collect()
}

/// Names of the structs that a user hands to a reader: those that are not a part of others, unless they grow by
/// themselves, and have something in them that is not output.
#[must_use]
pub fn handed_in(model: &Model) -> Vec<&str> {
    let mut inside = HashSet::default();
    for def in model.structs() {
        def.fields.iter().for_each(|field| contained(&field.ty, &mut inside));
    }
    let grows = |def: &Struct| def.grows.iter().any(|(grows, _)| *grows != Grows::Fixed);
    let given = |def: &Struct| def.fields.iter().any(|field| field.dir != Dir::Out);
    let all = model.structs().filter(|def| !def.is_union && given(def));
    let handed = all.filter(|def| grows(def) || !inside.contains(def.meta.name.as_str()));
    handed.map(|def| def.meta.name.as_str()).collect()
}

fn contained<'m>(ty: &'m Type, inside: &mut HashSet<&'m str>) {
    match ty {
        Type::Prim(_) => {}
        Type::Named(name) => {
            inside.insert(name);
        }
        Type::Array(of, _) | Type::Flex(of) => contained(of, inside),
        Type::Inline(inline) => inline.fields.iter().for_each(|field| contained(&field.ty, inside)),
    }
}
