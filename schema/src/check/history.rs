//! When what changes: a struct that is as it was before needs no second judgement.

use std::collections::BTreeSet;

use super::walk;
use crate::hash::{HashMap, HashSet};
use crate::layout::base;
use crate::model::{Item, Life, Model, Release, Struct, Type, ValueType};

/// What changes at which release.
pub(super) struct History<'m> {
    /// The releases at which something begins or ends, the first included.
    pub(super) releases: Vec<Release>,
    /// Items by the release at which something in them begins or ends.
    direct: HashMap<Release, HashSet<&'m str>>,
    /// Structs by what their fields name.
    users: HashMap<&'m str, Vec<&'m str>>,
    /// Structs with conditions, which may name any constant.
    ruled: Vec<&'m str>,
    /// Releases at which a constant, a flag or a value begins or ends.
    words: HashSet<Release>,
}

impl<'m> History<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        let mut history = Self {
            releases: Vec::new(),
            direct: HashMap::default(),
            users: HashMap::default(),
            ruled: Vec::new(),
            words: HashSet::default(),
        };
        for item in &model.items {
            history.item(item);
        }
        for layer in model.layers.values() {
            for (name, rules) in &layer.on {
                history.note(name, layer.meta.life);
                for rule in rules {
                    history.note(name, rule.life);
                }
                history.ruled.push(name);
            }
        }
        let mut releases: BTreeSet<Release> = history.direct.keys().copied().collect();
        releases.insert(Release(0));
        releases.retain(|release| usize::from(release.0) < model.header.releases.len().max(1));
        history.releases = releases.into_iter().collect();
        history
    }

    fn note(&mut self, name: &'m str, life: Life) {
        for release in [Some(life.since), life.until].into_iter().flatten() {
            self.direct.entry(release).or_default().insert(name);
        }
    }

    fn word(&mut self, name: &'m str, life: Life) {
        self.note(name, life);
        self.words.extend([Some(life.since), life.until].into_iter().flatten());
    }

    fn item(&mut self, item: &'m Item) {
        let (name, life) = (item.meta().name.as_str(), item.meta().life);
        match item {
            Item::Const(_) => self.word(name, life),
            Item::Ioctl(_) | Item::CellTable(_) | Item::Chain(_) => self.note(name, life),
            Item::Bits(bits) => {
                self.note(name, life);
                bits.fields.iter().for_each(|field| self.note(name, field.meta.life));
            }
            Item::Flags(flags) => {
                self.word(name, life);
                flags.members.iter().for_each(|member| self.word(name, member.meta.life));
            }
            Item::Enum(values) => {
                self.word(name, life);
                values.members.iter().for_each(|member| self.word(name, member.meta.life));
            }
            Item::Struct(def) => {
                self.note(name, life);
                self.parts(name, def);
            }
        }
    }

    fn parts(&mut self, name: &'m str, def: &'m Struct) {
        def.grows.iter().for_each(|(_, life)| self.note(name, *life));
        def.min_sizes.iter().for_each(|min| self.note(name, min.life));
        def.rules.iter().for_each(|rule| self.note(name, rule.life));
        let mut conditions = !def.rules.is_empty() || !def.min_sizes.is_empty();
        walk(&def.fields, &mut |field| {
            self.note(name, field.meta.life);
            conditions |= field.when.is_some() || field.arm.is_some() || field.points_to.is_some();
            if let Type::Named(of) = base(&field.ty) {
                self.users.entry(of).or_default().push(name);
            }
            if let Some((ValueType::Flags(of) | ValueType::Enum(of), _)) = &field.values {
                self.users.entry(of).or_default().push(name);
            }
        });
        if conditions {
            self.ruled.push(name);
        }
    }

    /// Everything that is not at `release` as it was before; `None` at the first, where all is new.
    pub(super) fn changed(&self, release: Release) -> Option<HashSet<&'m str>> {
        if self.releases.first() == Some(&release) {
            return None;
        }
        let mut changed = self.direct.get(&release).cloned().unwrap_or_default();
        if self.words.contains(&release) {
            changed.extend(&self.ruled);
        }
        let mut open: Vec<&str> = changed.iter().copied().collect();
        while let Some(name) = open.pop() {
            for user in self.users.get(name).into_iter().flatten() {
                if changed.insert(user) {
                    open.push(user);
                }
            }
        }
        Some(changed)
    }
}
