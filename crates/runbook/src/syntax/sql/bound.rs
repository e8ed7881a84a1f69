//! What the parser behind this module can bear, measured before it is asked.
//!
//! Its time grows with the square of a chain of operators and its stack with the nesting, so both are limited, also inside
//! of strings: the body of a function is a string that it parses as well.

use super::scan::{Kind, Piece, pieces};

/// Bytes of one text.
const LONGEST: usize = 64 * 1024;
/// Brackets, and words and signs that stand in front of what they nest.
const DEEPEST: usize = 64;
/// Tokens between two commas or brackets.
const LONGEST_CHAIN: usize = 1_000;
/// Tokens of one text.
const MOST_TOKENS: usize = 16 * 1024;
/// Strings within strings.
const DEEPEST_QUOTES: usize = 4;

/// Whether the text is small and shallow enough to be parsed.
pub(super) fn fits(text: &str, pieces: &[Piece]) -> bool {
    text.len() <= LONGEST && measured(text, pieces, DEEPEST_QUOTES, &mut 0)
}

fn measured(text: &str, found: &[Piece], quotes: usize, tokens: &mut usize) -> bool {
    let mut depth = Depth::default();
    found.iter().filter(|piece| !matches!(piece.kind, Kind::Blank | Kind::Comment)).all(|piece| {
        let slice = piece.span.slice(text);
        *tokens += 1;
        let shallow = depth.take(piece.kind, slice) && *tokens <= MOST_TOKENS;
        let is_quote = matches!(piece.kind, Kind::Text | Kind::Name);
        shallow && (!is_quote || quoted(slice, quotes, tokens))
    })
}

/// One level of brackets: tokens in its current chain, and those of them that nest without a bracket.
#[derive(Default)]
struct Level {
    chain: usize,
    nested: usize,
}

/// How deep the text is at a place.
#[derive(Default)]
struct Depth {
    outer: Vec<Level>,
    level: Level,
    deep: usize,
    /// Signs in a row up to here. `>=` is one operator; a longer run is taken for as many.
    signs: usize,
    after_operand: bool,
}

impl Depth {
    /// Takes the next token; whether the text is still shallow.
    fn take(&mut self, kind: Kind, slice: &str) -> bool {
        self.signs = if kind == Kind::Symbol { self.signs + 1 } else { 0 };
        match (kind, slice) {
            (Kind::Symbol, "," | ";") => {
                self.deep -= self.level.nested;
                self.level = Level::default();
            }
            (Kind::Symbol, "(" | "[") => {
                self.deep += 1;
                self.level.chain += 1;
                self.outer.push(std::mem::take(&mut self.level));
            }
            (Kind::Symbol, ")" | "]") if !self.outer.is_empty() => {
                self.deep -= self.level.nested + 1;
                self.level = self.outer.pop().unwrap_or_default();
            }
            _ => {
                let nested = usize::from(self.nests(kind, slice));
                self.level.chain += 1;
                self.level.nested += nested;
                self.deep += nested;
            }
        }
        self.after_operand = kind != Kind::Symbol || matches!(slice, ")" | "]");
        self.level.chain <= LONGEST_CHAIN && self.deep <= DEEPEST
    }

    /// Whether the token stands in front of what it nests, such as `NOT`.
    fn nests(&self, kind: Kind, slice: &str) -> bool {
        match kind {
            Kind::Word => matches!(
                slice.to_ascii_uppercase().as_str(),
                "NOT" | "CASE" | "BETWEEN" | "EXPLAIN" | "BEGIN" | "INTERVAL" | "ARRAY" | "SETOF"
            ),
            Kind::Symbol => !self.after_operand && !(2..=3).contains(&self.signs),
            _ => false,
        }
    }
}

/// Measures what a string contains, as if it were SQL.
fn quoted(slice: &str, quotes: usize, tokens: &mut usize) -> bool {
    let inside = slice.trim_start_matches(|c: char| c != '\'' && c != '$');
    let inside = match inside.strip_prefix('$').and_then(|rest| rest.split_once('$')) {
        Some((_, body)) => body,
        None => inside.strip_prefix('\'').unwrap_or_default(),
    };
    if !inside.contains(['(', '[', ' ']) {
        return true;
    }
    quotes > 0 && measured(inside, &pieces(inside), quotes - 1, tokens)
}
