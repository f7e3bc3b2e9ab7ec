//! Projection: what a header is at one of its releases; and finding items by name.

use std::sync::{Arc, OnceLock};

use crate::bits::{Bits, CellTable};
use crate::chain::Chain;
use crate::hash::{HashMap, HashSet};
use crate::model::{
    Const, Enum, EnumMember, Field, Flags, Ioctl, Item, Layer, Model, Pointee, PointsTo, Release, Rule, Struct, Type,
    ValueType,
};

/// Where items stand in [`Model::items`], by name. Filled at the first look-up; a clone starts empty, so that a
/// model may be changed as long as nobody has looked anything up.
#[derive(Debug, Default)]
pub struct Lookup(OnceLock<HashMap<Kind, HashMap<String, usize>>>);

impl Clone for Lookup {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy)]
enum Kind {
    Const,
    Flags,
    Enum,
    Struct,
    Ioctl,
    Bits,
    CellTable,
    Chain,
}

impl Kind {
    fn of(item: &Item) -> Self {
        match item {
            Item::Const(_) => Self::Const,
            Item::Flags(_) => Self::Flags,
            Item::Enum(_) => Self::Enum,
            Item::Struct(_) => Self::Struct,
            Item::Ioctl(_) => Self::Ioctl,
            Item::Bits(_) => Self::Bits,
            Item::CellTable(_) => Self::CellTable,
            Item::Chain(_) => Self::Chain,
        }
    }
}

macro_rules! finders {
    ($($(#[$doc:meta])* $find:ident, $all:ident, $kind:ident;)*) => {
        impl Model {
            $(
                $(#[$doc])*
                ///
                /// In a whole history it is the first of that name; in a projection there is one.
                #[must_use]
                pub fn $find(&self, name: &str) -> Option<&$kind> {
                    match self.find(Kind::$kind, name)? {
                        Item::$kind(found) => Some(found),
                        _ => None,
                    }
                }

                /// All of this kind, in the order of the schema.
                pub fn $all(&self) -> impl DoubleEndedIterator<Item = &$kind> {
                    self.items.iter().filter_map(|item| -> Option<&$kind> {
                        match item {
                            Item::$kind(found) => Some(found),
                            _ => None,
                        }
                    })
                }
            )*
        }
    };
}

finders! {
    /// Finds a constant by its C name.
    find_const, consts, Const;
    /// Finds a set of flags by its name.
    find_flags, flags, Flags;
    /// Finds an enum by its name.
    find_enum, enums, Enum;
    /// Finds a struct or union by its name.
    find_struct, structs, Struct;
    /// Finds an ioctl by its C name.
    find_ioctl, ioctls, Ioctl;
    /// Finds a table entry, descriptor or register by its name.
    find_bits, bits, Bits;
    /// Finds a table of cells by its name.
    find_table, tables, CellTable;
    /// Finds a chain of capabilities by its name.
    find_chain, chains, Chain;
}

impl Model {
    fn find(&self, kind: Kind, name: &str) -> Option<&Item> {
        let index = self.lookup.0.get_or_init(|| {
            let mut index: HashMap<Kind, HashMap<String, usize>> = HashMap::default();
            for (at, item) in self.items.iter().enumerate() {
                index.entry(Kind::of(item)).or_default().entry(item.meta().name.clone()).or_insert(at);
            }
            index
        });
        self.items.get(*index.get(&kind)?.get(name)?)
    }

    /// The header as it is at `release`: everything that does not live then is gone, and each struct grows in one way.
    #[must_use]
    pub fn at(&self, release: Release) -> Self {
        let alive = |item: &&Item| item.meta().life.has(release);
        let layers = self.layers.iter().filter(|(_, layer)| layer.meta.life.has(release));
        let mut items = Vec::with_capacity(self.items.len());
        items.extend(self.items.iter().filter(alive).map(|item| item_at(item, release)));
        self.drop_dead_arms(&mut items, release);
        self.drop_absent_values(&mut items, release);
        Self {
            header: self.header.clone(),
            release: Some(release),
            items,
            layers: layers.map(|(name, layer)| (name.clone(), layer_at(layer, release))).collect(),
            lookup: Lookup::default(),
        }
    }

    /// An arm behind a pointer, and a link of a chain, exist where their struct does.
    fn drop_dead_arms(&self, items: &mut [Item], release: Release) {
        let alive = self.structs().filter(|def| def.meta.life.has(release));
        let structs: HashSet<&str> = alive.map(|def| def.meta.name.as_str()).collect();
        for item in items {
            match item {
                Item::Struct(def) if has_dead_arms(&def.fields, &structs) => {
                    keep_arms(&mut Arc::make_mut(def).fields, &structs);
                }
                Item::Chain(chain) if chain.links.iter().any(|link| !structs.contains(link.ty.0.as_str())) => {
                    Arc::make_mut(chain).links.retain(|link| structs.contains(link.ty.0.as_str()));
                }
                _ => {}
            }
        }
    }

    /// A value without an arm is listed, under `none`, in the releases that have the value.
    fn drop_absent_values(&self, items: &mut [Item], release: Release) {
        for item in items {
            let Item::Struct(def) = item else { continue };
            for at in 0..def.fields.len() {
                let union = &def.fields[at];
                let Some((path, _)) = union.selector.as_ref().filter(|_| !union.none.is_empty()) else { continue };
                let Some(set) = path.0.last().and_then(|name| values_of(&def.fields, name)) else { continue };
                let sets = self.enums().filter(|values| values.meta.name == set);
                let all: Vec<&EnumMember> = sets.flat_map(|values| &values.members).collect();
                let absent = |name: &str| {
                    let called = |member: &&&EnumMember| member.key == name || member.meta.name == name;
                    let there = |member: &&EnumMember| member.meta.life.has(release);
                    all.iter().any(|member| called(&member)) && !all.iter().filter(called).any(there)
                };
                if union.none.iter().any(|(name, _)| absent(name)) {
                    Arc::make_mut(def).fields[at].none.retain(|(name, _)| !absent(name));
                }
            }
        }
    }
}

/// The enum of the field of that name.
fn values_of<'m>(fields: &'m [Field], name: &str) -> Option<&'m str> {
    match &fields.iter().find(|field| field.meta.name == name)?.values {
        Some((ValueType::Enum(set), _)) => Some(set),
        _ => None,
    }
}

/// An item at a release, where it lives. What is as always is not copied.
fn item_at(item: &Item, release: Release) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Bits(bits) if !bits.fields.iter().all(|field| field.meta.life.has(release)) => {
            Arc::make_mut(bits).fields.retain(|field| field.meta.life.has(release));
        }
        Item::Flags(flags) if !flags.members.iter().all(|m| m.meta.life.has(release)) => {
            Arc::make_mut(flags).members.retain(|m| m.meta.life.has(release));
        }
        Item::Enum(values) if !values.members.iter().all(|m| m.meta.life.has(release)) => {
            Arc::make_mut(values).members.retain(|m| m.meta.life.has(release));
        }
        Item::Struct(def) if !is_as_always(def, release) => {
            let def = Arc::make_mut(def);
            def.grows = vec![(def.grows_at(release), def.meta.life)];
            keep_fields(&mut def.fields, release);
            def.min_sizes.retain(|min| min.life.has(release));
            keep_rules(&mut def.rules, release);
        }
        _ => {}
    }
    item
}

/// Whether a struct has at a release all it ever has.
fn is_as_always(def: &Struct, release: Release) -> bool {
    matches!(def.grows[..], [(_, life)] if life == def.meta.life)
        && all_live(&def.fields, release)
        && def.min_sizes.iter().all(|min| min.life.has(release))
        && def.rules.iter().all(|rule| rule.life.has(release))
}

fn all_live(fields: &[Field], release: Release) -> bool {
    fields.iter().all(|field| {
        let inner = match crate::layout::base(&field.ty) {
            Type::Inline(inline) => all_live(&inline.fields, release),
            _ => true,
        };
        inner && field.meta.life.has(release)
    })
}

fn keep_fields(fields: &mut Vec<Field>, release: Release) {
    fields.retain(|field| field.meta.life.has(release));
    for field in fields {
        keep_type(&mut field.ty, release);
    }
}

fn has_dead_arms(fields: &[Field], structs: &HashSet<&str>) -> bool {
    fields.iter().any(|field| {
        let dead = match field.points_to.as_deref() {
            Some(PointsTo { target: Pointee::Select { arms, .. }, .. }) => {
                arms.iter().any(|(_, name)| !structs.contains(name.as_str()))
            }
            _ => false,
        };
        dead || matches!(&field.ty, Type::Inline(inline) if has_dead_arms(&inline.fields, structs))
    })
}

fn keep_arms(fields: &mut [Field], structs: &HashSet<&str>) {
    for field in fields {
        if let Some(PointsTo { target: Pointee::Select { arms, .. }, .. }) = field.points_to.as_deref_mut() {
            arms.retain(|(_, name)| structs.contains(name.as_str()));
        }
        if let Type::Inline(inline) = &mut field.ty {
            keep_arms(&mut inline.fields, structs);
        }
    }
}

fn keep_type(ty: &mut Type, release: Release) {
    match ty {
        Type::Prim(_) | Type::Named(_) => {}
        Type::Array(of, _) | Type::Flex(of) => keep_type(of, release),
        Type::Inline(inline) => keep_fields(&mut inline.fields, release),
    }
}

fn keep_rules(rules: &mut Vec<Rule>, release: Release) {
    rules.retain(|rule| rule.life.has(release));
}

fn layer_at(layer: &Layer, release: Release) -> Layer {
    let mut layer = layer.clone();
    layer.on.values_mut().for_each(|rules| keep_rules(rules, release));
    layer
}
