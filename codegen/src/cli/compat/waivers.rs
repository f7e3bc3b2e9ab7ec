//! Waivers of the manifest: findings that a project accepts, each with a reason.

use std::path::Path;

use argsz_codegen::compat::{Effect, Report};
use argsz_codegen::manifest::Waiver;

use super::Compat;
use crate::cli::{Failure, project};

/// Marks what is waived; gives the text about waivers that waive nothing, where all they could be about was compared.
pub(super) fn apply(manifest: Option<&Path>, reports: &mut [Report], options: &Compat) -> Result<String, Failure> {
    let project = match project::manifest(manifest) {
        Ok(project) => project,
        Err(_) if !options.files.is_empty() => return Ok(String::new()),
        Err(failure) => return Err(failure),
    };
    let mut unused = Vec::new();
    for waiver in &project.waivers {
        let mut used = false;
        for report in &mut *reports {
            let between =
                [&report.pair.old, &report.pair.new].map(|side| side.schema.release_name(side.release).to_owned());
            for finding in &mut report.findings {
                let about = finding.rule.id == waiver.rule && finding.full_path() == waiver.at;
                if about && finding.effect != Effect::SAFE && in_release(waiver, &between[1]) {
                    finding.waived = Some(waiver.reason.clone());
                    used = true;
                }
            }
        }
        if !used && options.history && options.header.is_none() {
            unused.push(format!(
                "{}: the waiver of {} at `{}` waives nothing",
                project.place(waiver.span),
                waiver.rule,
                waiver.at
            ));
        }
    }
    if unused.is_empty() {
        Ok(String::new())
    } else {
        Ok(format!("error: {}\nhelp: delete what is not needed", unused.join("\n")))
    }
}

fn in_release(waiver: &Waiver, new: &str) -> bool {
    waiver.release == new
}
