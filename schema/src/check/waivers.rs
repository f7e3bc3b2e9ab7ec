//! Waivers: each silences a lint that would fire, and says why.

use super::{Check, each_field};
use crate::codes;
use crate::diag::{Diagnostic, Severity};
use crate::model::Waiver;
use crate::nearest::{did_you_mean, did_you_mean_or};

/// Comes last: only then is known which were of use.
pub(super) fn check(check: &Check<'_>) {
    for def in check.model.structs().filter(|def| !def.waivers.is_empty()) {
        let mut paths = Vec::new();
        each_field(&def.fields, &mut |_, path| paths.push(path.to_owned()));
        for waiver in &def.waivers {
            self::waiver(check, &def.meta.name, waiver, &paths);
        }
    }
    for bits in check.model.bits() {
        for waiver in &bits.waivers {
            self::waiver(check, &bits.meta.name, waiver, &[]);
        }
    }
    for ioctl in check.model.ioctls() {
        for waiver in &ioctl.waivers {
            self::waiver(check, &ioctl.meta.name, waiver, &[]);
        }
    }
}

fn waiver(check: &Check<'_>, owner: &str, waiver: &Waiver, paths: &[String]) {
    let at = waiver.span;
    let report = |code, message: String, help: Option<String>| {
        check.report(Diagnostic { help, ..Diagnostic::new(code, at, message) });
    };
    let Some(code) = codes::find(&waiver.lint) else {
        let lints = codes::ALL.iter().filter(|code| code.0.severity == Severity::Lint).map(|code| code.0.id);
        let help = did_you_mean(&waiver.lint, lints).or_else(|| Some("`argsz explain` lists all codes".to_owned()));
        return report(codes::AZ0721, format!("there is no lint `{}`", waiver.lint), help);
    };
    if code.0.severity == Severity::Error {
        let message = format!("`{}` is an error, and cannot be waived: {}", code.0.id, code.0.title);
        return report(codes::AZ0723, message, Some("mend it: only lints can be waived".to_owned()));
    }
    if waiver.reason.trim().is_empty() {
        return;
    }
    if let Some(path) = waiver.at.as_ref().filter(|path| !paths.contains(path)) {
        let message = format!("`{owner}` has no field `{path}`");
        let help =
            did_you_mean_or(path, "the fields are", paths.iter().map(String::as_str).filter(|path| !path.is_empty()));
        return report(codes::AZ0724, message, help);
    }
    if !check.waived.borrow().contains(&at) {
        let message = format!("`{}` does not occur here: {}", code.0.id, code.0.title);
        let help = "remove the waiver: it would hide the mistake if it came back";
        report(codes::AZ0722, message, Some(help.to_owned()));
    }
}
