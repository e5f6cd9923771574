//! What is packed behind the code of a component: found, taken off before anything is compiled, put there.
//!
//! A bundle is a custom section of the component itself, its last. Components that differ in nothing else have
//! the same code, which is compiled once and kept in memory once.

use std::borrow::Cow;

use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{BinaryReader, BinaryReaderError};

/// The name of the section; see `wit/bundle.wit`.
pub(super) const SECTION: &str = "ravenry:bundle";

/// Largest bundle, in bytes; see `wit/bundle.wit`.
///
/// As much as one call of an interpreter can hand over. It is in memory as long as its bot is mounted.
pub const BYTES_MAX: usize = 15_000_000;

/// Where the first section begins: after the magic number and the version.
const HEADER_BYTES: usize = 8;

/// The id of a custom section (WebAssembly, 5.5.3).
const CUSTOM: u8 = 0;

/// Code, and the bundle behind it.
type Split<'a> = (&'a [u8], &'a [u8]);

/// The code of a component, and its bundle, which is empty where there is none.
///
/// Of a damaged file all is code: what is wrong with it, the reader of the code says.
pub(super) fn split(component: &[u8]) -> Split<'_> {
    let bundle = last_section(component).ok().flatten();
    bundle.unwrap_or((component, &[]))
}

/// The last section and what stands before it, if it is a bundle.
fn last_section(component: &[u8]) -> Result<Option<Split<'_>>, BinaryReaderError> {
    let mut reader = BinaryReader::new(component, 0);
    reader.read_bytes(HEADER_BYTES)?;
    let mut last = None;
    while !reader.eof() {
        let start = reader.current_position();
        let id = reader.read_u8()?;
        let size = usize::try_from(reader.read_var_u32()?).unwrap_or(usize::MAX);
        last = Some((start, id, reader.read_bytes(size)?));
    }
    let Some((start, CUSTOM, body)) = last else {
        return Ok(None);
    };
    let mut body = BinaryReader::new(body, 0);
    if body.read_string()? != SECTION {
        return Ok(None);
    }
    let bundle = body.read_bytes(body.bytes_remaining())?;
    Ok(component.get(..start).map(|code| (code, bundle)))
}

/// A component of this code with this bundle.
pub fn packed(code: &[u8], bundle: &[u8]) -> Vec<u8> {
    let mut component =
        Vec::with_capacity(code.len().saturating_add(bundle.len()).saturating_add(32));
    component.extend_from_slice(code);
    let section = CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Borrowed(bundle),
    };
    section.append_to_component(&mut component);
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_found_where_it_was_packed() {
        let code = wat::parse_str("(component (core module (memory 1)))").unwrap();
        assert_eq!(split(&code), (&*code, &[][..]));
        for bundle in [&b""[..], b"x", &vec![0; 70_000]] {
            let component = packed(&code, bundle);
            assert_eq!(split(&component), (&*code, bundle));
            // Only the last counts.
            let again = packed(&component, b"more");
            assert_eq!(split(&again), (&*component, &b"more"[..]));
        }
    }

    #[test]
    fn what_is_no_bundle_is_code() {
        let code = wat::parse_str("(component (core module (memory 1)))").unwrap();
        let component = packed(&code, b"text");
        for cut in 0..component.len() {
            let (whole, rest) = split(component.get(..cut).unwrap());
            assert_eq!((whole.len(), rest.len()), (cut, 0));
        }
        let named = wat::parse_str("(component (@custom \"other\" \"ravenry:bundle\"))").unwrap();
        assert_eq!(split(&named), (&*named, &[][..]));
    }
}
