//! brush-parser's grammar, and what it says when it gives up.

use brush_parser::ast;
use brush_parser::{ParseError, ParserOptions, TokenizerError};

use super::SyntaxError;

/// The tree of a masked text.
pub(super) fn parsed(masked: &str) -> Result<ast::Program, SyntaxError> {
    let options = ParserOptions::default();
    let mut parser = brush_parser::Parser::new(masked.as_bytes(), &options);
    parser.parse_program().map_err(|error| {
        let index = match &error {
            ParseError::ParsingNear(position) => Some(position.index),
            ParseError::ParsingAtEndOfInput => None,
            ParseError::Tokenizing { inner, position } => start_of(inner).or(position.as_ref().map(|it| it.index)),
        };
        let at = index.and_then(|index| masked.char_indices().nth(index)).map_or(masked.len(), |(at, _)| at);
        SyntaxError { at, message: said(&error), too_large: false }
    })
}

fn start_of(error: &TokenizerError) -> Option<usize> {
    match error {
        TokenizerError::UnterminatedSingleQuote(at)
        | TokenizerError::UnterminatedDoubleQuote(at)
        | TokenizerError::UnterminatedBackquote(at)
        | TokenizerError::UnterminatedAnsiCQuote(at) => Some(at.index),
        _ => None,
    }
}

/// The error without its position, which the span tells.
fn said(error: &ParseError) -> String {
    match error {
        ParseError::ParsingNear(_) => "this is not where the grammar of bash allows it".to_owned(),
        ParseError::ParsingAtEndOfInput => "the text ends in the middle of a command".to_owned(),
        ParseError::Tokenizing { inner, .. } => {
            let said = inner.to_string();
            said.split(" at ").next().unwrap_or_default().split(" near ").next().unwrap_or_default().to_owned()
        }
    }
}
