//! Tables: what becomes of a pair of values, as an enum whose variants are the items with the cell's values in them.

use argsz_schema::bits::{CellTable, Says};
use argsz_schema::model::{Enum, EnumKind, EnumMember, Model};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Piece, bits, docs, names};
use crate::EmitError;

pub(super) fn emit(table: &CellTable, model: &Model) -> Result<Vec<Piece>, EmitError> {
    let unknown = |name: &str| EmitError::Unknown { item: table.meta.name.clone(), name: name.to_owned() };
    let set = |name: &str| model.find_enum(name).ok_or_else(|| unknown(name));
    let (rows, columns) = (set(&table.rows.0)?, set(&table.columns.0)?);
    let name = names::type_name(&table.meta);
    let mut variants: Vec<(String, TokenStream)> = Vec::new();
    for cell in &table.cells {
        if let Says::Becomes { item, .. } = &cell.says
            && !variants.iter().any(|(known, _)| *known == item.0)
        {
            let item = model.find_bits(&item.0).ok_or_else(|| unknown(&item.0))?;
            let ty = names::type_name(&item.meta);
            let doc =
                docs::attributes(&[format!("It becomes this, with values of its own in it: `{}`.", item.meta.name)]);
            variants.push((item.meta.name.clone(), quote! { #doc #ty(#ty), }));
        }
    }
    let variants: Vec<&TokenStream> = variants.iter().map(|(_, variant)| variant).collect();
    let docs = docs::item(&table.meta, &[]);
    let declaration = quote! {
        #docs
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum #name {
            /// It is refused, and why.
            Refused(&'static str),
            /// It is accepted, and nothing is done, and why.
            Nothing(&'static str),
            #(#variants)*
        }
    };
    let methods = methods(table, model, (rows, columns))?;
    Ok([declaration, quote! { impl #name { #methods } }].map(Piece::Tokens).into())
}

fn values(set: &Enum) -> Vec<&EnumMember> {
    set.members.iter().filter(|member| member.kind == EnumKind::Value).collect()
}

fn methods(table: &CellTable, model: &Model, (rows, columns): (&Enum, &Enum)) -> Result<TokenStream, EmitError> {
    let missing = |name: String| EmitError::Unknown { item: table.meta.name.clone(), name };
    let (row_type, column_type) = (names::type_name(&rows.meta), names::type_name(&columns.meta));
    let (rows, columns) = (values(rows), values(columns));
    let number = proc_macro2::Literal::usize_unsuffixed;
    let (height, width) = (number(rows.len()), number(columns.len()));
    let (mut lines, mut arms) = (Vec::new(), Vec::new());
    for (y, row) in rows.iter().enumerate() {
        let mut line = Vec::new();
        for (x, column) in columns.iter().enumerate() {
            let cell = table.cell(&row.key, &column.key);
            let cell = cell.ok_or_else(|| missing(format!("{}.{}", row.key, column.key)))?;
            line.push(says(&cell.says, model).ok_or_else(|| missing(cell.row.clone()))?);
            let (y, x) = (number(y), number(x));
            let (row, column) = (names::member(&row.meta, &row.key), names::member(&column.meta, &column.key));
            arms.push(quote! { (#row_type::#row, #column_type::#column) => Some(Self::TABLE[#y][#x]), });
        }
        lines.push(quote! { [#(#line),*] });
    }
    let about = format!(" A row for each value of [`{row_type}`], a column for each of [`{column_type}`].");
    Ok(quote! {
        #[doc = #about]
        pub const TABLE: [[Self; #width]; #height] = [#(#lines),*];

        /// The cell of a pair; none where one of the two has no name.
        #[must_use]
        pub const fn of(row: #row_type, column: #column_type) -> Option<Self> {
            match (row, column) {
                #(#arms)*
                _ => None,
            }
        }
    })
}

fn says(says: &Says, model: &Model) -> Option<TokenStream> {
    match says {
        Says::Refused(why) => Some(quote! { Self::Refused(#why) }),
        Says::Nothing(why) => Some(quote! { Self::Nothing(#why) }),
        Says::Becomes { item, with } => {
            let item = model.find_bits(&item.0)?;
            let ty = names::type_name(&item.meta);
            let with = with.iter().map(|(name, value)| {
                let field = item.field(name)?;
                let method = format_ident!("with_{}", names::field(&field.meta).to_lowercase());
                let value = bits::value(field, value, model);
                Some(quote! { .#method(#value) })
            });
            let with = with.collect::<Option<Vec<_>>>()?;
            Some(quote! { Self::#ty(#ty::new() #(#with)*) })
        }
    }
}
