//! Compiled code on disk, so that the second start is fast.
//!
//! A file is found by the engine's settings and the component's digest, carries the digest of its
//! own content, is written aside and renamed, and is trusted only from a directory that belongs to
//! us and to nobody else: whoever can write there can run code in this process.

use std::{
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use crate::ids::Reference;

/// First bytes of a cache file; the number is the version of this layout.
const MAGIC: &[u8; 8] = b"ravenry1";
/// Length of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;

/// Why a directory is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be made or looked at.
    #[error("the cache directory `{}` cannot be used", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// It is not a directory, or a link to one.
    #[error("the cache directory `{}` is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// Somebody else owns it or may write into it.
    #[error("the cache directory `{}` can be written by others (owner {owner}, mode {mode:o})", .path.display())]
    Shared {
        /// The directory.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// Its permission bits.
        mode: u32,
    },
}

/// A directory of compiled code.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    directory: PathBuf,
    engine: u64,
}

impl Cache {
    /// Opens the directory for code of this engine, and makes it (mode 0700) where it is missing.
    pub(super) fn open(directory: &Path, engine: &Engine) -> Result<Self, CacheError> {
        check(directory)?;
        // Only a name: a hasher that changes with the compiler costs one compilation.
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            directory: directory.to_owned(),
            engine: hasher.finish(),
        })
    }

    fn path(&self, component: &[u8; DIGEST_BYTES]) -> PathBuf {
        self.directory
            .join(format!("{:016x}-{}.cwasm", self.engine, hex(component)))
    }

    /// The compiled form of the component with this digest, if an intact one is there.
    pub(super) fn load(&self, engine: &Engine, digest: &[u8; DIGEST_BYTES]) -> Option<Component> {
        let file = fs::read(self.path(digest)).ok()?;
        let (sum, code) = file.strip_prefix(MAGIC)?.split_at_checked(DIGEST_BYTES)?;
        if Sha256::digest(code).as_slice() != sum {
            return None;
        }
        deserialize(engine, code)
    }

    /// Keeps the compiled form. Failing costs a compilation at the next start, nothing else.
    pub(super) fn store(
        &self,
        digest: &[u8; DIGEST_BYTES],
        component: &Component,
    ) -> io::Result<()> {
        let code = component
            .serialize()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let path = self.path(digest);
        let aside = path.with_extension(format!("{}.tmp", Reference::random()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(MAGIC)?;
        file.write_all(&Sha256::digest(&code))?;
        file.write_all(&code)?;
        file.sync_all()?;
        fs::rename(&aside, &path)
    }
}

/// Makes the directory (mode 0700) where it is missing, and checks that nobody else can write there.
pub(super) fn check(directory: &Path) -> Result<(), CacheError> {
    let fail = |error| CacheError::Io(directory.to_owned(), error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(fail)?;
    let found = fs::symlink_metadata(directory).map_err(fail)?;
    if !found.is_dir() {
        return Err(CacheError::NotADirectory(directory.to_owned()));
    }
    let (owner, mode) = (found.uid(), found.mode() & 0o777);
    if owner != rustix::process::geteuid().as_raw() || mode & 0o077 != 0 {
        return Err(CacheError::Shared {
            path: directory.to_owned(),
            owner,
            mode,
        });
    }
    Ok(())
}

#[expect(
    unsafe_code,
    reason = "loading our own compiled code is what makes the second start fast"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: `Component::deserialize` wants bytes that `Component::serialize` of a compatible
    // wasmtime made and nobody changed. The bytes match the digest written with them, so they are
    // whole; the directory is ours with mode 0700, checked when the cache was opened, so only this
    // user can have written both; and wasmtime itself refuses code of another version or settings.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (tempfile::TempDir, Engine, Cache, [u8; 32]) {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(&directory.path().join("code"), &engine).unwrap();
        let digest = [7; 32];
        let component = Component::new(&engine, wat::parse_str("(component)").unwrap()).unwrap();
        cache.store(&digest, &component).unwrap();
        (directory, engine, cache, digest)
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let (_directory, engine, cache, digest) = fixture();
        assert!(cache.load(&engine, &digest).is_some());
        assert!(cache.load(&engine, &[8; 32]).is_none());
    }

    #[test]
    fn a_damaged_or_short_file_is_not_loaded() {
        let (_directory, engine, cache, digest) = fixture();
        let path = cache.path(&digest);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x41;
            fs::write(&path, &damaged).unwrap();
            assert!(
                cache.load(&engine, &digest).is_none(),
                "byte {at} was changed"
            );
        }
        for length in [0, 7, 8, 39, 40, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(
                cache.load(&engine, &digest).is_none(),
                "only {length} bytes"
            );
        }
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o770)).unwrap();
        let error = Cache::open(directory.path(), &Engine::default()).unwrap_err();
        assert!(
            error.to_string().contains("can be written by others"),
            "{error}"
        );
    }
}
