//! Table entries, descriptors and registers: plain constants of their bits, and inline functions to get and set them.
//!
//! The functions take words in the byte order of the machine: who reads memory or registers converts them.

use argsz_schema::bits::{self, BitField, Bits, CellTable, Place, Says};
use argsz_schema::constants::{self, Number, c_name};
use argsz_schema::model::{Meta, Model};

use super::comment;
use super::numbers::literal;

pub(super) fn print(item: &Bits, model: &Model) -> String {
    let prefix = &model.header.prefix;
    let kind = match item.place {
        Place::Entry => "An entry",
        Place::Descriptor => "A descriptor",
        Place::Register(_) => "A register",
    };
    let what = match (item.place, item.words) {
        (Place::Register(offset), _) => format!("{kind} of {} bits at {offset:#x}.", item.width),
        (_, 1) => format!("{kind} of {} bits.", item.width),
        (_, words) => format!("{kind} of {words} words of {} bits.", item.width),
    };
    let mut text = block(&item.meta, &what);
    text.push_str(&defines(&constants::of_item(prefix, item), item.width));
    for field in &item.fields {
        text.push('\n');
        text.push_str(&block(&field.meta, ""));
        text.push_str(&defines(&constants::of_field(prefix, item, field), item.width));
        text.push_str(&functions(prefix, item, field));
    }
    text
}

/// What is said of something, and one sentence more.
fn block(meta: &Meta, more: &str) -> String {
    let doc = comment::doc(meta);
    let text = if doc.is_empty() || more.is_empty() { format!("{doc}{more}") } else { format!("{doc}\n\n{more}") };
    comment::block(0, &comment::plain(&text))
}

fn defines(numbers: &[Number], width: u32) -> String {
    let define = |number: &Number| {
        // Masks have the type of a word, so that their complement has all of its bits.
        let value = match (number.mask, width) {
            (true, 32) => format!("{:#x}U", number.value),
            (true, _) => format!("{:#x}ULL", number.value),
            (false, _) => literal(number.value.into()),
        };
        format!("#define {}\t{value}\n", number.name)
    };
    numbers.iter().map(define).collect()
}

fn functions(prefix: &str, item: &Bits, field: &BitField) -> String {
    let width = item.width;
    let word = format!("__u{width}");
    let value = if field.count() > width { "__u64" } else { &word };
    let lower = format!("{prefix}{}", item.meta.name).to_ascii_lowercase();
    let name = field.meta.name.to_ascii_lowercase();
    let suffix = if width == 32 { "U" } else { "ULL" };
    let (mut reads, mut writes) = (Vec::new(), String::new());
    // The least significant part, which stands last, comes first.
    for (part, at) in field.placed().collect::<Vec<_>>().into_iter().rev() {
        let (index, mask, shift) = (part.word(width), part.mask(width), part.shift(width));
        let (cut, whole) = (format!("{:#x}{suffix}", mask >> shift), part.count() == width);
        let own = if at == 0 { "value".to_owned() } else { format!("(value >> {at})") };
        let own = if value == word { own } else { format!("(__u32){own}") };
        let (read, write) = match (whole, field.address, shift) {
            (true, _, _) => (format!("words[{index}]"), own),
            (_, true, _) => (format!("words[{index}] & {mask:#x}{suffix}"), format!("({own} & {mask:#x}{suffix})")),
            (_, _, 0) => (format!("words[{index}] & {cut}"), format!("({own} & {cut})")),
            _ => (format!("(words[{index}] >> {shift}) & {cut}"), format!("(({own} & {cut}) << {shift})")),
        };
        let read = if value == word { read } else { format!("(__u64)({read})") };
        reads.push(if at == 0 { read } else { format!("(({read}) << {at})") });
        writes.push_str(&if whole {
            format!("\twords[{index}] = {write};\n")
        } else {
            format!("\twords[{index}] &= ~{mask:#x}{suffix};\n\twords[{index}] |= {write};\n")
        });
    }
    let read = match reads.as_slice() {
        [one] => one.clone(),
        [low, high @ ..] => format!("({low}) |\n\t       {}", high.join(" |\n\t       ")),
        [] => "0".to_owned(),
    };
    let set = format!("static __inline__ void {lower}_set_{name}({word} *words, {value} value)");
    let set = if set.len() > 80 { set.replace(", ", ",\n\t\t") } else { set };
    format!(
        "\nstatic __inline__ {value} {lower}_{name}(const {word} *words)\n{{\n\treturn {read};\n}}\n\n\
         {set}\n{{\n{writes}}}\n"
    )
}

pub(super) fn cells(table: &CellTable, model: &Model) -> String {
    let prefix = &model.header.prefix;
    let mut text = block(&table.meta, "Each cell has the words of what it becomes, with its values in them.");
    for cell in &table.cells {
        let pair = format!("{} of {}", cell.row, cell.column);
        let name = c_name(prefix, &format!("{}_{}_{}", table.meta.name, cell.row, cell.column));
        match &cell.says {
            Says::Refused(why) => {
                text.push_str(&comment::block(0, &comment::plain(&format!("{pair} is refused: {why}"))));
            }
            Says::Nothing(why) => {
                text.push_str(&comment::block(0, &comment::plain(&format!("{pair} does nothing: {why}"))));
            }
            Says::Becomes { item, with } => {
                let Some(item) = model.find_bits(&item.0) else { continue };
                let becomes = format!("{pair} becomes {prefix}{}", item.meta.name);
                text.push_str(&comment::block(0, &comment::plain(&becomes)));
                for (at, word) in bits::template(item, with).into_iter().enumerate() {
                    let suffix = if item.width == 32 { "U" } else { "ULL" };
                    text.push_str(&format!("#define {name}_{at}\t{word:#x}{suffix}\n"));
                }
            }
        }
    }
    text
}
