//! What is no SQL becomes SQL of the same length, so that spans stay right: variables, placeholders, meta-commands.
//!
//! Invariant: the result has as many bytes as the text.

use super::ast::{Meta, Sql};
use super::scan::{Kind, Piece};

/// The text to parse; meta-commands, placeholders and elisions are noted in `sql`.
pub(super) fn substitute(text: &str, pieces: &[Piece], sql: &mut Sql) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces {
        let slice = piece.span.slice(text);
        match piece.kind {
            Kind::Meta => {
                let ends = ends_statement(slice, text[..piece.span.start].trim_end_matches([' ', '\t']));
                out.push(if ends { ';' } else { ' ' });
                out.extend(std::iter::repeat_n(' ', slice.len() - 1));
                sql.metas.extend(meta(slice, piece));
            }
            Kind::Variable => {
                sql.placeholders.push(piece.span);
                match slice.as_bytes()[1] {
                    // `:'x'` stays a string, `:"x"` a name.
                    quote @ (b'\'' | b'"') => {
                        out.push(char::from(quote));
                        out.push('_');
                        out.push_str(&slice[2..]);
                    }
                    _ => word(slice, &mut out),
                }
            }
            Kind::Placeholder => {
                sql.placeholders.push(piece.span);
                word(slice, &mut out);
            }
            Kind::Elision => {
                sql.elisions.push(piece.span);
                word(slice, &mut out);
            }
            _ => {
                if piece.kind == Kind::Word && slice.contains('…') {
                    sql.elisions.push(piece.span);
                }
                out.push_str(slice);
            }
        }
    }
    out
}

/// An identifier of the same length.
fn word(slice: &str, out: &mut String) {
    let bytes = slice.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' });
    out.extend(std::iter::once('_').chain(bytes.skip(1)));
}

/// `\g` and its kin send what was typed. One that begins a line is taken for the end, too: psql would wait, nobody else.
fn ends_statement(slice: &str, before: &str) -> bool {
    let begins_line = before.is_empty() || before.ends_with('\n');
    begins_line || slice.starts_with("\\g") || slice.starts_with("\\watch") || matches!(slice, "\\;" | "\\crosstabview")
}

fn meta(slice: &str, piece: &Piece) -> Option<Meta> {
    let inside = slice[1..].trim_end();
    let length = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let (name, arguments) = inside.split_at(length);
    (!matches!(name, "" | ";" | "\\")).then(|| Meta {
        name: name.to_owned(),
        arguments: arguments.trim().to_owned(),
        span: piece.span,
    })
}
