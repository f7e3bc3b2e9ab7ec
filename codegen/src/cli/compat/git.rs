//! Schemas as they are at a commit. git is called as a program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use argsz_schema::Schema;
use argsz_schema::source::Source;

use crate::cli::{Failure, project};

/// A commit to compare with.
pub(super) struct Base {
    /// How people call it.
    pub(super) label: String,
    commit: String,
    /// Folder of the manifest.
    root: PathBuf,
}

impl Base {
    /// The commit of a ref; without one, where this branch left `origin/main`, `main` or `master`.
    pub(super) fn open(manifest: Option<&Path>, asked: Option<&str>) -> Result<Self, Failure> {
        let root = project::manifest(manifest)?.root;
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        let inside = git(&root, &["rev-parse", "--is-inside-work-tree"])?;
        if !inside.status.success() {
            return Err(Failure::Usage(format!(
                "error: `{}` is in no git repository\nhelp: compare releases (`--history`), or two files",
                root.display()
            )));
        }
        if !git(&root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?.status.success() {
            let text = "error: the repository has no commit yet\nhelp: commit first, or compare releases: `--history`";
            return Err(Failure::Usage(text.to_owned()));
        }
        let resolve = |name: &str| -> Result<Option<String>, Failure> {
            let found =
                git(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])?;
            Ok(found.status.success().then(|| text(&found).trim().to_owned()))
        };
        if let Some(name) = asked {
            let commit = resolve(name)?.ok_or_else(|| {
                Failure::Usage(format!("error: there is no commit `{name}`\nhelp: `git branch --all` lists branches; `git fetch` brings those of others"))
            })?;
            return Ok(Self { label: name.to_owned(), commit, root });
        }
        let mut apart = None;
        for name in ["origin/main", "main", "master"] {
            if let Some(tip) = resolve(name)? {
                let base = git(&root, &["merge-base", "HEAD", &tip])?;
                if base.status.success() {
                    let commit = text(&base).trim().to_owned();
                    return Ok(Self { label: format!("{name} {}", commit.get(..9).unwrap_or(&commit)), commit, root });
                }
                apart = apart.or(Some(name));
            }
        }
        Err(no_base(&root, apart)?)
    }

    /// The schema of a header as it was: at the same path, or wherever it was then. `None` if there was none.
    pub(super) fn schema(&self, path: &str, header: &str) -> Result<Option<Schema>, Failure> {
        if let Some(text) = self.file(path)? {
            return self.parse(path, text).map(Some);
        }
        let listed = git(&self.root, &["ls-tree", "-r", "--name-only", &self.commit, "."])?;
        for other in text(&listed).lines().filter(|name| Path::new(name).extension().is_some_and(|end| end == "toml")) {
            let Some(text) = self.file(other)? else { continue };
            let named = text.lines().any(|line| {
                let mut parts = line.splitn(2, '=');
                parts.next().is_some_and(|key| key.trim() == "path")
                    && parts
                        .next()
                        .is_some_and(|value| value.trim().trim_start_matches('"').starts_with(&format!("{header}\"")))
            });
            if named && text.contains("[header]") {
                return self.parse(other, text).map(Some);
            }
        }
        Ok(None)
    }

    fn file(&self, path: &str) -> Result<Option<String>, Failure> {
        let found = git(&self.root, &["show", &format!("{}:./{path}", self.commit)])?;
        Ok(found.status.success().then(|| text(&found)))
    }

    fn parse(&self, path: &str, text: String) -> Result<Schema, Failure> {
        Schema::parse(Source::new(format!("{}:{path}", self.label), text)).map_err(|rejected| {
            Failure::Mistakes(format!(
                "{}\nhelp: these are mistakes of {}, not of the files here",
                rejected.render(true),
                self.label
            ))
        })
    }
}

/// There is no main to compare with, or one that has no commit in common with what is here.
fn no_base(root: &Path, apart: Option<&str>) -> Result<Failure, Failure> {
    let mut said = match apart {
        Some(name) => format!("error: what is here and {name} have no commit in common"),
        None => "error: there is no origin/main, main or master to compare with".to_owned(),
    };
    // A checkout of CI often has the last commit alone.
    if text(&git(root, &["rev-parse", "--is-shallow-repository"])?).trim() == "true" {
        said.push_str("\nhelp: this checkout has not all of its history: `git fetch --unshallow` (`fetch-depth: 0`)");
    }
    said.push_str("\nhelp: name what to compare with: `--against REF`");
    Ok(Failure::Usage(said))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn git(root: &Path, args: &[&str]) -> Result<Output, Failure> {
    Command::new("git").arg("-C").arg(root).args(args).output().map_err(|error| {
        Failure::File(format!("error: cannot run `git`: {error}\nhelp: install git, or compare releases: `--history`"))
    })
}
