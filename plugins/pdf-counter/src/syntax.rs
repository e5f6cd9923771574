//! The syntax of PDF (ISO 32000-2, 7.2 and 7.3), as far as it takes to find objects and to read the few
//! values of their dictionaries that matter here.
//!
//! Nothing is kept but slices of what is read, nothing recurses, and every byte is read once: a file
//! can be as odd as it likes.

/// A part of the text of a PDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `<<`
    Open,
    /// `>>`
    Close,
    /// A name, without its slash. Escapes stay as they are: no name that matters needs one.
    Name(&'a [u8]),
    /// A number or a keyword.
    Word(&'a [u8]),
    /// `[`
    ListOpen,
    /// `]`
    ListClose,
    /// Anything else: a string, or a byte that belongs nowhere.
    Other,
}

/// Reads tokens from the front to the end.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The next token; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, after) = self.rest.split_first()?;
            let second = after.first().copied();
            match first {
                b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' => self.rest = after,
                b'%' => {
                    self.rest = after;
                    self.while_(|byte| byte != b'\n' && byte != b'\r');
                }
                b'<' if second == Some(b'<') => return Some(self.pass(2, Token::Open)),
                b'>' if second == Some(b'>') => return Some(self.pass(2, Token::Close)),
                b'[' => return Some(self.pass(1, Token::ListOpen)),
                b']' => return Some(self.pass(1, Token::ListClose)),
                b'<' => {
                    self.while_(|byte| byte != b'>');
                    return Some(self.pass(1, Token::Other));
                }
                b'(' => {
                    self.string();
                    return Some(Token::Other);
                }
                b'/' => {
                    self.rest = after;
                    return Some(Token::Name(self.while_(is_regular)));
                }
                byte if is_regular(byte) => return Some(Token::Word(self.while_(is_regular))),
                _ => return Some(self.pass(1, Token::Other)),
            }
        }
    }

    /// The dictionary whose [`Token::Open`] was just read; `None` where it has no end.
    pub(crate) fn dictionary(&mut self) -> Option<Dictionary<'a>> {
        let mut dictionary = Dictionary::default();
        let mut depth = 1_u32;
        // The key whose value comes next. A list counts as its first element.
        let mut key = None;
        loop {
            match (self.next()?, key) {
                (Token::Open, _) => (depth, key) = (depth.saturating_add(1), None),
                (Token::ListOpen, _) => depth = depth.saturating_add(1),
                (Token::Close | Token::ListClose, _) => {
                    (depth, key) = (depth.saturating_sub(1), None)
                }
                (Token::Name(name), None) if depth == 1 => key = Some(name),
                (Token::Name(value) | Token::Word(value), Some(name)) => {
                    dictionary.keep(name, value);
                    key = None;
                }
                (Token::Other, _) => key = None,
                // What is left of a reference or a list, or lies deeper.
                (Token::Name(_) | Token::Word(_), None) => {}
            }
            if depth == 0 {
                return Some(dictionary);
            }
        }
    }

    /// How many bytes are still to be read.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Passes over the data of a stream, whose `stream` was just read, and gives it. What stands between
    /// the data and its end is part of it: a line end or two.
    pub(crate) fn stream(&mut self) -> Option<&'a [u8]> {
        const END: &[u8] = b"endstream";
        let rest = self.rest.strip_prefix(b"\r").unwrap_or(self.rest);
        let data = rest.strip_prefix(b"\n").unwrap_or(rest);
        let end = data.windows(END.len()).position(|bytes| bytes == END)?;
        let (data, rest) = data.split_at_checked(end)?;
        self.rest = rest;
        Some(data)
    }

    fn pass(&mut self, count: usize, token: Token<'a>) -> Token<'a> {
        self.rest = self.rest.get(count..).unwrap_or_default();
        token
    }

    fn while_(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !belongs(*byte));
        let (part, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        part
    }

    /// A string in parentheses, which may have others in it, and escaped ones.
    fn string(&mut self) {
        let mut depth = 0_u32;
        let mut escaped = false;
        let end = self.rest.iter().position(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'(' => depth = depth.saturating_add(1),
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let length = end.map_or(self.rest.len(), |end| end.saturating_add(1));
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

/// Neither white space nor a delimiter.
fn is_regular(byte: u8) -> bool {
    !b"\0\t\n\x0c\r ()<>[]{}/%".contains(&byte)
}

/// The values of a dictionary that matter here: a name, a number, the number of an object that is
/// referred to, or the first of a list of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary<'a> {
    kept: [Option<&'a [u8]>; KEYS.len()],
}

const KEYS: [&[u8]; 7] = [
    b"Type", b"Root", b"Pages", b"Count", b"N", b"First", b"Filter",
];

impl<'a> Dictionary<'a> {
    fn keep(&mut self, name: &[u8], value: &'a [u8]) {
        let places = KEYS.iter().zip(&mut self.kept);
        for (_, place) in places.filter(|(key, _)| **key == name) {
            *place = Some(value);
        }
    }

    /// The value of one of the keys above.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut places = KEYS.iter().zip(&self.kept);
        places.find_map(|(key, value)| value.filter(|_| *key == name))
    }

    /// The same, as a number.
    pub(crate) fn number(&self, name: &[u8]) -> Option<u32> {
        self.get(name).and_then(number)
    }
}

/// A whole number that is not negative.
pub(crate) fn number(word: &[u8]) -> Option<u32> {
    std::str::from_utf8(word).ok()?.parse().ok()
}
