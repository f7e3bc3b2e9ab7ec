//! `argsz decode`.

use std::io::Read as _;
use std::path::Path;

use argsz_codegen::decode::{self, Question};
use argsz_schema::checklist::{self, CheckList, SizeFrom};
use argsz_schema::layout::Layouts;

use super::args::{Decode, Format};
use super::project::{self, Named};
use super::term::print;
use super::{Done, Failure, hardware, pick};

/// Largest memory that is read; no struct comes near it.
const MAX_BYTES: u64 = 16 << 20;

pub(crate) fn run(manifest: Option<&Path>, options: &Decode) -> Done {
    let target = pick::target(&options.target)?;
    let found = project::schemas(manifest, options.header.as_deref())?;
    if let Some(named) = hardware::find(&found, &options.name)? {
        return words(named, options);
    }
    let named = pick::with_struct(&found, &options.name)?;
    let model = named.schema.at(pick::release_with(named, &options.name, options.release.as_deref())?);
    let layouts = pick::lay_out(&model, target)?;
    let list = list(named, &layouts, &options.name, options.layer.as_deref())?;
    let user = bytes(options)?;
    if options.size.is_some() && list.size != SizeFrom::Caller {
        let text = format!(
            "error: the size of `{}` does not travel beside the pointer\nhelp: leave `--size` out",
            options.name
        );
        return Err(Failure::Usage(text));
    }
    let question = Question {
        schema: &named.schema,
        schema_name: &named.name,
        layouts: &layouts,
        list: &list,
        user: &user,
        size: options.size,
    };
    let answer = decode::decode(&question);
    match options.format {
        Format::Text => print(&decode::text(&answer)),
        Format::Json => print(&format!("{:#}\n", decode::json(&answer))),
    }
}

/// Of an entry, descriptor or register.
fn words(named: &Named, options: &Decode) -> Done {
    let name = &options.name;
    for (option, given) in [("--size", options.size.is_some()), ("--layer", options.layer.is_some())] {
        if given {
            let text = format!("error: `{name}` is hardware, which has no `{option}`\nhelp: leave `{option}` out");
            return Err(Failure::Usage(text));
        }
    }
    let model = hardware::at(named, name, options.release.as_deref())?;
    hardware::decode(&model, name, &bytes(options)?, options.format)
}

/// The check list that was asked for; unions have none, and a layer has to have something to say.
pub(crate) fn list(
    named: &Named,
    layouts: &Layouts<'_>,
    name: &str,
    layer: Option<&str>,
) -> Result<CheckList, Failure> {
    if layouts.structs.get(name).is_some_and(|laid| laid.def.is_union) {
        let text = format!("error: `{name}` is a union: only the struct it stands in says which arm it is");
        return Err(Failure::Usage(text));
    }
    if let Some(layer) = layer {
        let layers = &layouts.model.layers;
        let known: Vec<&str> =
            layers.iter().filter(|(_, layer)| layer.on.contains_key(name)).map(|(name, _)| name.as_str()).collect();
        if !known.contains(&layer) {
            return Err(project::unknown(&format!("layer over `{name}`"), layer, &known));
        }
    }
    checklist::compile(layouts, name, layer).map_err(|found| {
        let messages: Vec<&str> = found.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        Failure::Bug(format!("error: {}: no check list: {}", named.name, messages.join("; ")))
    })
}

fn bytes(options: &Decode) -> Result<Vec<u8>, Failure> {
    let user = match (&options.hex, &options.file) {
        (Some(hex), _) => from_text(hex).map_err(|text| Failure::Usage(format!("error: {text}")))?,
        (None, Some(path)) => read(path)?,
        (None, None) => Vec::new(),
    };
    if user.is_empty() {
        let text = "error: there are no bytes to decode\nhelp: give them as `--hex 28000000...`, as a file, or as `-`";
        return Err(Failure::Usage(text.to_owned()));
    }
    Ok(user)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let done = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    done.map_err(|error| Failure::File(format!("error: cannot read `{}`: {error}", path.display())))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::File(format!("error: `{}` has more than {MAX_BYTES} bytes", path.display())));
    }
    let hex = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || matches!(byte, b'x' | b',');
    if bytes.len() >= 8 && bytes.iter().all(hex) {
        let help = "help: a file is read as bytes; for digits use `--hex \"$(cat FILE)\"`";
        return Err(Failure::Usage(format!("error: `{}` holds hex digits\n{help}", path.display())));
    }
    Ok(bytes)
}

/// Hex digits as people have them: with spaces, commas and `0x` before each word.
fn from_text(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '_')).filter(|word| !word.is_empty())
    {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        if let Some(bad) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!(
                "`{}` is no hex digit\nhelp: bytes are given in the order in memory",
                bad.escape_default()
            ));
        }
        let Some(word) = argsz_codegen::engine::from_hex(digits) else {
            return Err(format!(
                "{} hex digits in `{}` make no whole number of bytes\nhelp: every byte has two digits: write 08, not 8",
                digits.len(),
                shown(word)
            ));
        };
        bytes.extend(word);
    }
    Ok(bytes)
}

fn shown(word: &str) -> String {
    if word.chars().count() > 40 {
        format!("{}...", word.chars().take(40).collect::<String>())
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_taken_as_people_have_it() {
        assert_eq!(from_text("0x0800 0000\n01:02,0X03"), Ok(vec![8, 0, 0, 0, 1, 2, 3]));
        assert_eq!(from_text("0x08, 0x00"), Ok(vec![8, 0]));
        assert_eq!(from_text(" \n"), Ok(vec![]));
        assert!(from_text("080").is_err_and(|text| text.starts_with("3 hex digits in `080`")));
        assert!(from_text("08é0").is_err_and(|text| text.contains("is no hex digit")));
    }
}
