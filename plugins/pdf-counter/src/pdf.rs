//! Counts the pages of a PDF: from its trailer to its catalog, from there to the root of its pages, which
//! knows how many there are (ISO 32000-2, 7.5 and 7.7).
//!
//! Objects are found by reading the file from the front to the end, as viewers do with damaged ones,
//! and the last object of a number counts; so tables of offsets may lie. Libraries for PDF build all
//! objects that they pass, a hundred bytes for one of the file; whoever sends that file could fill
//! any memory. Here a few numbers are kept of each.

use std::collections::BTreeMap;

use super::syntax::{Dictionary, Token, Tokens, number};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit as inflate;

/// Most bytes that the compressed objects of a file may have, together.
const INFLATED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most catalogs and roots of pages; a book of a thousand pages has a few hundred.
const OBJECTS_MAX: usize = 100_000;

/// How many pages a PDF has; `None` where it does not say, and where it is none.
pub(crate) fn pages(file: &[u8]) -> Option<u32> {
    let start = file.get(..1024).unwrap_or(file);
    start.windows(5).find(|bytes| *bytes == b"%PDF-")?;
    let mut found = Found {
        inflated_bytes_left: INFLATED_BYTES_MAX,
        ..Found::default()
    };
    found.read(file);
    let catalog = found.objects.get(&found.root?)?;
    let root = found.objects.get(&catalog.pages?)?;
    root.count.filter(|count| *count > 0)
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    /// The number of the catalog, from the last trailer.
    root: Option<u32>,
    /// Catalogs and roots of pages by their numbers.
    objects: BTreeMap<u32, Object>,
    inflated_bytes_left: usize,
}

/// What matters of a catalog, or of a root of pages.
#[derive(Clone, Copy)]
struct Object {
    pages: Option<u32>,
    count: Option<u32>,
}

impl Found {
    /// Reads a file.
    fn read(&mut self, file: &[u8]) {
        let mut tokens = Tokens::new(file);
        // The words before: `12 0 obj`.
        let mut words = [None; 3];
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(b"stream") => {
                    tokens.stream();
                }
                Token::Word(word) => {
                    words.rotate_left(1);
                    words[2] = Some(word);
                }
                Token::Open => {
                    let Some(dictionary) = tokens.dictionary() else {
                        return;
                    };
                    let id = match words {
                        [Some(id), Some(_), Some(b"obj")] => number(id),
                        _ => None,
                    };
                    self.take(id, &dictionary);
                    if dictionary.get(b"Type") == Some(b"ObjStm") {
                        self.unpack(&dictionary, tokens.clone());
                    }
                    words = [None; 3];
                }
                _ => words = [None; 3],
            }
        }
    }

    /// Takes what matters of an object; trailers have no number.
    fn take(&mut self, id: Option<u32>, dictionary: &Dictionary<'_>) {
        let is = |name: &[u8]| dictionary.get(b"Type") == Some(name);
        if id.is_none() || is(b"XRef") {
            self.root = dictionary.number(b"Root").or(self.root);
        }
        let Some(id) = id.filter(|_| is(b"Catalog") || is(b"Pages")) else {
            return;
        };
        let object = Object {
            pages: dictionary.number(b"Pages"),
            count: dictionary.number(b"Count"),
        };
        if self.objects.len() < OBJECTS_MAX || self.objects.contains_key(&id) {
            self.objects.insert(id, object);
        }
    }

    /// Takes the objects that a stream holds, compressed or not. Pairs of numbers come first: which
    /// object, and where. They are read in that order, each up to the next.
    fn unpack(&mut self, dictionary: &Dictionary<'_>, mut tokens: Tokens<'_>) -> Option<()> {
        let (Token::Word(b"stream"), Some(data)) = (tokens.next()?, tokens.stream()) else {
            return None;
        };
        let inflated;
        let data = match dictionary.get(b"Filter") {
            None => data,
            Some(b"FlateDecode") => {
                inflated = inflate(data, self.inflated_bytes_left).ok()?;
                self.inflated_bytes_left = self.inflated_bytes_left.saturating_sub(inflated.len());
                &inflated
            }
            Some(_) => return None,
        };
        let first = usize::try_from(dictionary.number(b"First")?).ok()?;
        let (pairs, objects) = data.split_at_checked(first)?;
        let mut pairs = Tokens::new(pairs);
        let mut end = 0;
        for _ in 0..dictionary.number(b"N")? {
            let (Token::Word(id), Token::Word(offset)) = (pairs.next()?, pairs.next()?) else {
                return None;
            };
            let offset = usize::try_from(number(offset)?).ok()?;
            // One that starts within another could make us read everything again and again.
            let object = objects.get(offset..).filter(|_| offset >= end)?;
            let mut tokens = Tokens::new(object);
            if tokens.next()? == Token::Open {
                let dictionary = tokens.dictionary()?;
                self.take(number(id), &dictionary);
            }
            end = objects.len().checked_sub(tokens.left())?;
        }
        Some(())
    }
}
