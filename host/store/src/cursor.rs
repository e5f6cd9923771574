//! Cursors: where a listing goes on, as text that means nothing to its holder.
//!
//! A cursor is the last key that was listed, so it stays right whatever is written meanwhile, also by another
//! process. A digest over scope and key tells it from text that somebody made up or brought from another scope.
//! It is no secret: who computes it gains nothing, since a cursor shows only what its scope shows anyway.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::{error::Error, quota::KEY_BYTES_MAX, scope::Place};

/// Bytes of the digest: enough that nobody guesses one.
const DIGEST_BYTES: usize = 12;

/// Longest cursor, in bytes: four letters for each three bytes.
const CURSOR_BYTES_MAX: usize = (KEY_BYTES_MAX + DIGEST_BYTES).div_ceil(3) * 4;

/// The cursor behind this key.
pub(crate) fn encode(place: &Place, key: &[u8]) -> String {
    let mut bytes = digest(place, key).to_vec();
    bytes.extend_from_slice(key);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key before this cursor.
pub(crate) fn decode(place: &Place, cursor: &str) -> Result<Vec<u8>, Error> {
    if cursor.len() > CURSOR_BYTES_MAX {
        return Err(Error::NoSuchCursor);
    }
    let decoded = URL_SAFE_NO_PAD.decode(cursor);
    let bytes = decoded.map_err(|_| Error::NoSuchCursor)?;
    let (seal, key) = bytes
        .split_first_chunk::<DIGEST_BYTES>()
        .ok_or(Error::NoSuchCursor)?;
    if *seal != digest(place, key) {
        return Err(Error::NoSuchCursor);
    }
    Ok(key.to_vec())
}

fn digest(place: &Place, key: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut hash = Sha256::new();
    hash.update(b"ravenry cursor 1");
    for part in [&place.tenant, &place.bot, &place.bucket] {
        // With its length, so that no two scopes are the same bytes.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.update(key);
    let full = hash.finalize();
    let mut short = [0; DIGEST_BYTES];
    short.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    short
}
