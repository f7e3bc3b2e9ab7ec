//! Random schemas as text, one line for each thing in them, so that a line can be taken away.

use argsz_codegen::engine::inputs::Dice;

/// Rows of eight bytes, which leave no holes on any machine.
const ROWS: &[&[&str]] = &[
    &["u64"],
    &["s64"],
    &["aligned_u64"],
    &["aligned_be64"],
    &["le64"],
    &["u32", "s32"],
    &["be32", "le32"],
    &["u16", "s16", "be16", "le16"],
    &["u8", "s8", "u16", "u32"],
    &["char[8]"],
    &["u8[3]", "s8", "u16[2]"],
    &["u16[2][2]"],
    &["u64[2]"],
];
/// What may stand anywhere, whatever it leaves open.
const NUMBERS: &[&str] = &[
    "u8",
    "u16",
    "u32",
    "u64",
    "s8",
    "s16",
    "s32",
    "s64",
    "char",
    "le16",
    "le32",
    "le64",
    "be16",
    "be32",
    "be64",
    "aligned_u64",
    "aligned_s64",
    "aligned_le64",
    "aligned_be64",
    "ptr",
    "long",
    "ulong",
];
const WIDTHS: [u64; 4] = [8, 16, 32, 64];

/// A struct or union that others may contain.
struct Named {
    name: String,
    flexible: bool,
    rows: bool,
}

/// A schema as it is being written.
pub(crate) struct World {
    dice: Dice,
    /// What every name begins with, so that many schemas fit into one program.
    prefix: String,
    text: String,
    /// Names given so far.
    names: u64,
    /// Widths of the sets of flags, and of the enums.
    flags: Vec<u64>,
    enums: Vec<u64>,
    named: Vec<Named>,
}

/// The schema of a number.
pub(crate) fn text(number: u64) -> String {
    let prefix = format!("n{number}");
    let head = format!(
        "grammar = 1\n[header]\npath = \"linux/{prefix}.h\"\nguard = \"{}_H\"\nlicense = \"MIT\"\n\
         includes = [\"linux/types.h\"]\nreleases = [\"1\"]\n",
        prefix.to_uppercase()
    );
    let (flags, enums, named) = (Vec::new(), Vec::new(), Vec::new());
    let mut world = World { dice: Dice::new(number), prefix, text: head, names: 0, flags, enums, named };
    for _ in 0..world.dice.below(3) {
        world.constant();
    }
    for _ in 0..world.dice.below(3) {
        world.flags();
    }
    for _ in 0..world.dice.below(3) {
        world.values();
    }
    for _ in 0..=world.dice.below(4) {
        world.item();
    }
    for _ in 0..world.dice.below(4) {
        world.ioctl();
    }
    world.text
}

impl World {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.dice.below(of.len() as u64)).unwrap_or(0)]
    }

    fn name(&mut self, letter: &str) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// A name of the whole program.
    fn global(&mut self, letter: &str) -> String {
        let name = self.name(letter);
        format!("{}_{name}", self.prefix)
    }

    fn doc(&mut self) {
        if self.dice.once_in(2) {
            self.line("doc = \"Something. It is said in more than one sentence.\"");
        }
    }

    /// A number of so many bits at most.
    fn number(&mut self, bits: u64) -> u64 {
        let bits = 1 + self.dice.below(bits);
        self.dice.roll() >> (64 - bits)
    }

    fn constant(&mut self) {
        let name = self.global("C").to_uppercase();
        self.line(&format!("[const.{name}]"));
        let (a, b) = (self.number(63), self.number(8));
        let line = match self.dice.below(6) {
            0 => format!("value = {a}"),
            1 => format!("value = -{a}"),
            2 => "value = \"';'\"".to_owned(),
            3 => format!("value = \"{b} + 3 * {}\"", b / 2),
            4 => format!("value = \"1 << {}\"", b % 31),
            _ => format!("string = \"t\\\"{a}\\\\?\\u00e9{b}\""),
        };
        self.line(&line);
        self.doc();
    }

    fn style(&mut self) {
        let style = *self.pick(&["define", "enum", "anonymous-enum"]);
        self.line(&format!("style = \"{style}\""));
    }

    fn flags(&mut self) {
        let (name, width) = (self.global("f"), *self.pick(&WIDTHS));
        let index = self.flags.len();
        self.flags.push(width);
        self.line(&format!("[flags.{name}]\ntype = \"u{width}\"\nprefix = \"{}_\"", name.to_uppercase()));
        self.style();
        self.doc();
        self.line(&format!("rust = \"N{}Flags{index}\"", &self.prefix[1..]));
        self.line(&format!("[flags.{name}.bits]\nB0 = 0"));
        let high = width - 1;
        let (mid, mask) = (1 + self.dice.below(width / 2 - 2), self.dice.below(4));
        if self.dice.once_in(2) {
            self.line(&format!("HIGH = {{ bit = {high}, doc = \"The last.\" }}"));
        }
        if mask == 0 {
            self.line(&format!("MASK = {{ mask = {:#x} }}", 3_u64 << (width / 2)));
        }
        self.line(&format!("MID = {{ bit = {mid} }}\nBOTH = {{ of = [\"B0\", \"MID\"] }}"));
        if self.dice.once_in(3) {
            self.line("NR = { count = 3 }");
        }
    }

    fn values(&mut self) {
        let (name, width) = (self.global("e"), *self.pick(&WIDTHS));
        let index = self.enums.len();
        self.enums.push(width);
        self.line(&format!("[enum.{name}]\ntype = \"u{width}\"\nprefix = \"{}_\"", name.to_uppercase()));
        self.style();
        self.doc();
        if self.dice.once_in(3) {
            self.line("open = true");
        }
        self.line(&format!("rust = \"N{}Values{index}\"", &self.prefix[1..]));
        self.line(&format!("[enum.{name}.values]\nONE = 1\nTWO = {{ value = 2, doc = \"Two.\" }}"));
        let most = self.number(width.min(63)).max(5);
        self.line(&format!("MOST = {most}"));
        if self.dice.once_in(3) {
            self.line(&format!("NR = {{ value = {}, counter = true }}", most.min(4)));
        }
        if self.dice.once_in(3) {
            self.line("OLD = { alias = \"TWO\" }");
        }
    }

    /// A struct or a union with a name.
    fn item(&mut self) {
        let is_union = self.dice.once_in(5);
        let name = self.global(if is_union { "u" } else { "s" });
        let rows = !self.dice.once_in(3);
        let keyword = if is_union { "union" } else { "struct" };
        self.line(&format!("[{keyword}.{name}]"));
        self.doc();
        if self.dice.once_in(8) {
            self.line("typedef = true");
        }
        if self.dice.once_in(if rows { 12 } else { 3 }) {
            self.line("packed = true");
        }
        if self.dice.once_in(6) {
            let align = *self.pick(&[1, 2, 4, 8, 16]);
            self.line(&format!("align = {align}"));
        }
        let flexible = if is_union { self.arms_of_item(rows) } else { self.fields_of_item(rows) };
        self.named.push(Named { name, flexible, rows });
    }

    fn arms_of_item(&mut self, rows: bool) -> bool {
        self.line("arms = [");
        self.arms(rows, 1);
        self.line("]");
        false
    }

    fn fields_of_item(&mut self, rows: bool) -> bool {
        let grows = *self.pick(&["fixed", "fixed", "fixed", "argsz", "size", "length", "ioctl-size"]);
        self.line(&format!("grows = \"{grows}\""));
        let sized = matches!(grows, "argsz" | "size");
        if sized {
            self.line("min = \"second\"");
        }
        self.line("fields = [");
        if sized {
            self.line(&format!("  {{ name = \"first\", type = \"u32\", role = \"{grows}\" }},"));
            self.line("  { name = \"second\", type = \"u32\" },");
        }
        for _ in 0..=self.dice.below(4) {
            self.field(rows, 1);
        }
        let flexible = self.dice.once_in(6);
        if flexible {
            self.flexible(rows);
        }
        self.line("]");
        flexible
    }

    fn field(&mut self, rows: bool, depth: usize) {
        match self.dice.below(if depth < 4 { 13 } else { 6 }) {
            0 => self.bit_fields(rows, depth),
            1 => self.meaningful(rows, depth),
            2 => self.contained(rows, depth),
            3..=8 => self.numbers(rows, depth),
            9 | 10 => self.in_place("struct", rows, depth),
            11 => self.in_place("union", rows, depth),
            _ => self.selected(rows, depth),
        }
    }

    fn entry(&mut self, depth: usize, keys: &str) {
        let name = self.name("m");
        self.entry_as(depth, &name, keys);
    }

    fn entry_as(&mut self, depth: usize, name: &str, keys: &str) {
        let (indent, doc) = ("  ".repeat(depth), if self.dice.once_in(3) { ", doc = \"A field.\"" } else { "" });
        self.line(&format!("{indent}{{ name = \"{name}\", {keys}{doc} }},"));
    }

    fn numbers(&mut self, rows: bool, depth: usize) {
        if rows {
            for ty in *self.pick(ROWS) {
                let kept = *self.pick(&["", "", "", "", ", reserved = true", ", reserved = \"ignored\""]);
                self.entry(depth, &format!("type = \"{ty}\"{kept}"));
            }
            return;
        }
        let ty = *self.pick(NUMBERS);
        let times = *self.pick(&["", "", "", "", "[1]", "[3]", "[2][3]", "[40]"]);
        self.entry(depth, &format!("type = \"{ty}{times}\""));
    }

    /// A field whose values have names.
    fn meaningful(&mut self, rows: bool, depth: usize) {
        let of_flags = self.dice.once_in(2);
        let widths = if of_flags { self.flags.clone() } else { self.enums.clone() };
        if widths.is_empty() {
            return self.numbers(rows, depth);
        }
        let index = self.dice.below(widths.len() as u64);
        let width = widths[usize::try_from(index).unwrap_or(0)];
        let key = if of_flags { "flags" } else { "enum" };
        let order = if width == 8 { "u" } else { *self.pick(&["u", "u", "le", "be"]) };
        let of = self.of(key, index);
        self.entry(depth, &format!("type = \"{order}{width}\", {key} = \"{of}\""));
        if rows && width < 64 {
            self.entry(depth, &format!("type = \"u8[{}]\", reserved = true", 8 - width / 8));
        }
    }

    /// The name of a set of flags or of an enum: where it stands in the text.
    fn of(&self, key: &str, index: u64) -> String {
        let head = format!("[{key}.");
        let all = self.text.lines().filter_map(|line| line.strip_prefix(&head)?.strip_suffix(']'));
        all.filter(|name| !name.contains('.')).nth(usize::try_from(index).unwrap_or(0)).unwrap_or("none").to_owned()
    }

    /// A field of a type that has a name.
    fn contained(&mut self, rows: bool, depth: usize) {
        let fit: Vec<String> = self
            .named
            .iter()
            .filter(|named| !named.flexible && (named.rows || !rows))
            .map(|n| n.name.clone())
            .collect();
        if fit.is_empty() {
            return self.numbers(rows, depth);
        }
        let (name, times) = (self.pick(&fit).clone(), *self.pick(&["", "", "", "[2]", "[2][2]", "[3]"]));
        self.entry(depth, &format!("type = \"{name}{times}\""));
    }

    /// A struct or a union written in place, with a name or without.
    fn in_place(&mut self, keyword: &str, rows: bool, depth: usize) {
        let indent = "  ".repeat(depth);
        let name = self.name("m");
        let head = match self.dice.below(4) {
            0 => format!("name = \"{name}\", times = \"[2]\", "),
            1 => String::new(),
            _ => format!("name = \"{name}\", "),
        };
        self.line(&format!("{indent}{{ {head}{keyword} = ["));
        if keyword == "union" {
            self.arms(rows, depth + 1);
        } else {
            for _ in 0..=self.dice.below(2) {
                self.field(rows, depth + 1);
            }
        }
        self.line(&format!("{indent}] }},"));
    }

    fn arms(&mut self, rows: bool, depth: usize) {
        for _ in 0..=self.dice.below(3) {
            match self.dice.below(5) {
                0 if depth < 4 => self.in_place("struct", rows, depth),
                1 if depth < 4 => self.in_place("union", rows, depth),
                2 => self.contained(rows, depth),
                3 => self.bit_field(depth),
                _ if rows => {
                    let ty = *self.pick(&["u64", "aligned_u64", "u32[2]", "u8[8]", "u64[3]", "be16[4]"]);
                    self.entry(depth, &format!("type = \"{ty}\""));
                }
                _ => self.numbers(false, depth),
            }
        }
    }

    /// An arm that is one bit-field as wide as its number.
    fn bit_field(&mut self, depth: usize) {
        let name = self.name("b");
        self.entry(depth, &format!("type = \"u64\", bits = [{{ name = \"{name}\", width = 64 }}]"));
    }

    /// A union and the field that selects its arm.
    fn selected(&mut self, rows: bool, depth: usize) {
        if self.enums.is_empty() || depth > 1 {
            return self.numbers(rows, depth);
        }
        let index = self.dice.below(self.enums.len() as u64);
        let width = self.enums[usize::try_from(index).unwrap_or(0)];
        let (selector, of) = (self.name("sel"), self.of("enum", index));
        self.entry_as(depth, &selector, &format!("type = \"u{width}\", enum = \"{of}\""));
        if rows && width < 64 {
            self.entry(depth, &format!("type = \"u8[{}]\", reserved = true", 8 - width / 8));
        }
        let (indent, name) = ("  ".repeat(depth), self.name("m"));
        self.line(&format!("{indent}{{ name = \"{name}\", selector = \"{selector}\", none = [\"MOST\"], union = ["));
        let ty = if rows { *self.pick(&["u64", "u8[8]", "u64[2]"]) } else { *self.pick(NUMBERS) };
        self.entry(depth + 1, &format!("when = \"ONE\", type = \"{ty}\""));
        if self.dice.once_in(2) {
            self.line(&format!("{indent}  {{ name = \"arm_two\", when = \"TWO\", struct = ["));
            self.field(rows, depth + 2);
            self.line(&format!("{indent}  ] }},"));
        } else {
            self.entry(depth + 1, "when = \"TWO\", type = \"u64\"");
        }
        if self.dice.once_in(3) {
            self.entry(depth + 1, "type = \"u64[3]\", reserved = true");
        }
        self.line(&format!("{indent}] }},"));
    }

    /// A number that C declares as bit-fields.
    fn bit_fields(&mut self, rows: bool, depth: usize) {
        let width = if rows { 64 } else { *self.pick(&WIDTHS) };
        let (mut left, mut bits) = (width, Vec::new());
        while left > 0 {
            let part = if self.dice.once_in(4) { left } else { 1 + self.dice.below(left) };
            left -= part;
            let name = self.name("b");
            // One of them has a name, or C does not align them.
            let named = left == 0 || !self.dice.once_in(4);
            bits.push(if named {
                format!("{{ name = \"{name}\", width = {part} }}")
            } else {
                format!("{{ width = {part} }}")
            });
        }
        self.entry(depth, &format!("type = \"u{width}\", bits = [{}]", bits.join(", ")));
    }

    /// An array without an end, or a struct that ends with one.
    fn flexible(&mut self, rows: bool) {
        let fit: Vec<String> =
            self.named.iter().filter(|named| named.flexible && named.rows).map(|n| n.name.clone()).collect();
        if !fit.is_empty() && self.dice.once_in(3) {
            let name = self.pick(&fit).clone();
            return self.entry(1, &format!("type = \"{name}\""));
        }
        if self.dice.once_in(4) {
            let name = self.name("m");
            self.line(&format!("  {{ name = \"{name}\", times = \"[]\", struct = ["));
            self.field(rows, 2);
            self.field(rows, 2);
            return self.line("  ] },");
        }
        let ty = if rows { *self.pick(&["u64", "u8", "u32", "char", "aligned_u64"]) } else { *self.pick(NUMBERS) };
        let whole: Vec<String> = self
            .named
            .iter()
            .filter(|named| !named.flexible && (named.rows || !rows))
            .map(|n| n.name.clone())
            .collect();
        let ty = if !whole.is_empty() && self.dice.once_in(3) { self.pick(&whole).clone() } else { ty.to_owned() };
        if self.dice.once_in(2) {
            let count = self.name("count");
            self.entry_as(1, &count, "type = \"u64\"");
            return self.entry(1, &format!("type = \"{ty}[]\", len = \"{count}\""));
        }
        self.entry(1, &format!("type = \"{ty}[]\""));
    }

    fn ioctl(&mut self) {
        let (name, kind) = (self.global("IO").to_uppercase(), *self.pick(&["_IO", "_IOR", "_IOW", "_IOWR"]));
        let nr = self.names;
        let magic = *self.pick(&["';'", "'a'", "0x8e", "0xff"]);
        let magic = if magic.starts_with('0') { magic.to_owned() } else { format!("\"{magic}\"") };
        self.line(&format!("[ioctl.{name}]\nkind = \"{kind}\"\nmagic = {magic}\nnr = {nr}"));
        self.doc();
        let names: Vec<String> = self.named.iter().map(|named| named.name.clone()).collect();
        let arg = if self.dice.once_in(4) || names.is_empty() {
            (*self.pick(&["u32", "u64", "ulong", "s8", "u32[5]"])).to_owned()
        } else {
            self.pick(&names).clone()
        };
        if kind != "_IO" || self.dice.once_in(2) {
            self.line(&format!("arg = \"{arg}\""));
        }
    }
}
