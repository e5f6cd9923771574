//! Tells models apart: a digest of what decides about their vectors.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use sha2::{Digest as _, Sha256};
use url::Url;

/// A digest of a model, in bytes.
pub(super) type Identity = [u8; 32];

/// Small files of a model that decide about its vectors.
const FILES: [&str; 5] = [
    "modules.json",
    "config.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "tokenizer.json",
];

/// The weights.
const WEIGHTS: &str = "model.safetensors";

/// How much of a small file is looked at, in bytes: several times the largest tokenizer.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// How much of the weights is looked at, at their beginning and at their end, in bytes.
///
/// 1 MiB of each: training changes all of them, so that other weights are told by any part, and a model of a gigabyte
/// is told in a moment.
const END_BYTES: u64 = 1 << 20;

/// The digest of a model in a directory. What is not there, or cannot be read, counts as absent.
pub(super) fn of_directory(directory: &Path) -> Identity {
    let mut digest = Sha256::new_with_prefix(b"directory");
    for name in FILES {
        let read = File::open(directory.join(name))
            .and_then(|mut file| part(&mut file, 0, FILE_BYTES_MAX));
        add(&mut digest, read);
    }
    let weights = File::open(directory.join(WEIGHTS)).and_then(|mut file| {
        let length = file.metadata()?.len();
        let mut seen = length.to_le_bytes().to_vec();
        seen.extend(part(&mut file, 0, END_BYTES)?);
        seen.extend(part(
            &mut file,
            length.saturating_sub(END_BYTES),
            END_BYTES,
        )?);
        Ok(seen)
    });
    add(&mut digest, weights);
    digest.finalize().into()
}

/// The digest of a model that a server has.
pub(super) fn of_url(url: &Url, model: &str) -> Identity {
    let mut digest = Sha256::new_with_prefix(b"url");
    add(&mut digest, Ok(url.as_str().into()));
    add(&mut digest, Ok(model.into()));
    digest.finalize().into()
}

fn part(file: &mut File, start: u64, most: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Adds a part, with its length before it, so that no two lists of parts are the same bytes.
fn add(digest: &mut Sha256, bytes: io::Result<Vec<u8>>) {
    match bytes {
        Ok(bytes) => {
            digest.update([1]);
            digest.update(bytes.len().to_le_bytes());
            digest.update(bytes);
        }
        Err(_) => digest.update([0]),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn models_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = vec![of_directory(folder.path())];
        let mut changed = |what: &str| {
            let now = of_directory(folder.path());
            assert!(!seen.contains(&now), "{what}");
            assert_eq!(now, of_directory(folder.path()));
            seen.push(now);
        };
        fs::create_dir(folder.path().join("1_Pooling")).unwrap();
        for name in FILES {
            fs::write(folder.path().join(name), "").unwrap();
            changed(name);
            fs::write(folder.path().join(name), "{}").unwrap();
            changed(name);
        }
        let mut weights = vec![0; 3 << 20];
        let places = [0, weights.len() - 1];
        fs::write(folder.path().join(WEIGHTS), &weights).unwrap();
        changed("weights");
        for place in places {
            weights[place] = 1;
            fs::write(folder.path().join(WEIGHTS), &weights).unwrap();
            changed("a number");
        }
        weights.push(0);
        fs::write(folder.path().join(WEIGHTS), &weights).unwrap();
        changed("their length");
    }

    #[test]
    fn a_server_is_told_by_its_url_and_model() {
        let url = |text| Url::parse(text).unwrap();
        let first = of_url(&url("https://a.example/v1"), "m");
        assert_eq!(first, of_url(&url("https://a.example/v1"), "m"));
        assert_ne!(first, of_url(&url("https://a.example/v1"), "n"));
        assert_ne!(first, of_url(&url("https://b.example/v1"), "m"));
        assert_ne!(first, of_url(&url("https://a.example/v"), "1m"));
    }
}
