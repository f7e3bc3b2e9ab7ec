//! Edits of what was published, as findings of the rule I08.

use std::path::Path;

use argsz_codegen::compat::{Effect, Finding, Report, Which, rules};

use crate::cli::{Failure, project, release};

/// Adds them to the last report about the header. A comparison without a project has no lock.
pub(super) fn find(manifest: Option<&Path>, reports: &mut [Report]) -> Result<(), Failure> {
    let (Ok(project), Some(rule)) = (project::manifest(manifest), rules::find("I08")) else { return Ok(()) };
    let lock = release::load(&project.root)?;
    for at in 0..reports.len() {
        let (report, later) = reports[at..].split_first_mut().unzip();
        let (Some(report), Some(later)) = (report, later) else { continue };
        if later.iter().any(|other| other.header == report.header) {
            continue;
        }
        for edit in lock.edits(&report.pair.new.schema).map_err(release::bug)? {
            report.findings.push(Finding {
                rule,
                effect: Effect::GATE,
                item: edit.item.split_once('.').map_or(&*edit.item, |(_, name)| name).to_owned(),
                path: String::new(),
                message: edit.to_string(),
                at: (Which::New, edit.span),
                follows: Vec::new(),
                renamed: None,
                waived: None,
            });
        }
    }
    Ok(())
}
