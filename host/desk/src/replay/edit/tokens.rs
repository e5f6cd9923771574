//! TOML in pieces, of which only those are told apart that values and comments are found by.

use std::ops::Range;

use toml_parser::{Source, lexer::TokenKind};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From `#` to the end of its line.
    Comment,
    /// A bracket or brace.
    Open,
    /// One that closes.
    Close,
    /// A comma.
    Comma,
    /// A text, or part of something else.
    Other,
}

/// A piece, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// All pieces but blanks and ends of lines.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let token = |token: toml_parser::lexer::Token| {
        let kind = match token.kind() {
            TokenKind::Whitespace | TokenKind::Newline | TokenKind::Eof => return None,
            TokenKind::Comment => Kind::Comment,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => Kind::Open,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => Kind::Close,
            TokenKind::Comma => Kind::Comma,
            _ => Kind::Other,
        };
        let span = token.span();
        Some(Token {
            kind,
            range: span.start()..span.end(),
        })
    };
    Source::new(text).lex().filter_map(token).collect()
}

/// All comments, without the ends of their lines.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let tokens = tokens(text).into_iter();
    let comments = tokens.filter(|token| token.kind == Kind::Comment);
    let comments = comments.filter_map(|token| text.get(token.range));
    comments.map(str::trim_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_texts() {
        let text = r##"a = "no # \" one" # 1
b = ['it''s', '# no', """no # " "" \""" one""""", '''# \''', {"#" = 1}] # 2 ä
c = 2025-01-01T00:00:00Z#3"##;
        assert_eq!(comments(text), ["# 1", "# 2 ä", "#3"]);
        assert_eq!(comments("# a\r\n# b\r\n"), ["# a", "# b"]);
    }
}
