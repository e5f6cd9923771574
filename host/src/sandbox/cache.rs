//! Compiled code on disk, so that the second start is fast.
//!
//! A file is found by the engine's settings and the component's digest, ends with the digest of its
//! own content, is written aside and renamed, and is trusted only from a directory that belongs to
//! us and to nobody else: whoever can write there can run code in this process.
//!
//! Code is run from where it lies: the file is mapped, so that only the pages which a bot touches take
//! memory, and the kernel may take those back. Hence the code comes first, and its digest after it.

use std::{
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use super::compiler::Refusal;
use crate::ids::Reference;

/// Last bytes of a cache file; the number is the version of this layout.
const MAGIC: &[u8; 8] = b"ravenry2";
/// Length of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;
/// What follows the code: its digest, and [`MAGIC`].
const TRAILER_BYTES: usize = DIGEST_BYTES + MAGIC.len();
/// So much of a file is read at once: a Python component has 40 MB of code.
const PIECE_BYTES: usize = 64 * 1024;

/// Before what a file says of a component that cannot be compiled: another version may know better.
const REFUSED_BY: &str = concat!("ravenry ", env!("CARGO_PKG_VERSION"), " ");
/// It is not as it should be.
const UNFIT: &str = "unfit";
/// It takes too much.
const TOO_MUCH: &str = "too much";
/// Such a file has one sentence, in bytes.
const REFUSAL_BYTES_MAX: u64 = 16 * 1024;

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
        let path = self.path(digest);
        intact(&path).ok()?.then(|| map(engine, &path))?
    }

    /// Why the component with this digest cannot be compiled, where that was found before by a gateway of
    /// this version, and the file that says so.
    pub(super) fn refusal(&self, digest: &[u8; DIGEST_BYTES]) -> Option<(Refusal, PathBuf)> {
        let path = self.refusal_path(digest);
        let mut text = String::new();
        let file = fs::File::open(&path).ok()?;
        file.take(REFUSAL_BYTES_MAX)
            .read_to_string(&mut text)
            .ok()?;
        let refusal = match text.strip_prefix(REFUSED_BY)?.split_once('\n')? {
            (UNFIT, words) => Refusal::Unfit(words.to_owned()),
            (TOO_MUCH, words) => Refusal::TooMuch(words.to_owned()),
            _ => return None,
        };
        Some((refusal, path))
    }

    /// Keeps why a component cannot be compiled, so that nobody waits for that again.
    pub(super) fn refuse(&self, digest: &[u8; DIGEST_BYTES], refusal: &Refusal) -> io::Result<()> {
        let (kind, words) = match refusal {
            Refusal::Unfit(words) => (UNFIT, words),
            Refusal::TooMuch(words) => (TOO_MUCH, words),
        };
        let path = self.refusal_path(digest);
        replace(&path, &[format!("{REFUSED_BY}{kind}\n{words}").as_bytes()])
    }

    fn refusal_path(&self, digest: &[u8; DIGEST_BYTES]) -> PathBuf {
        self.path(digest).with_extension("refused")
    }

    /// Keeps the compiled form. Failing costs a compilation at the next start, nothing else.
    pub(super) fn store(&self, digest: &[u8; DIGEST_BYTES], code: &[u8]) -> io::Result<()> {
        let digest_of_code = Sha256::digest(code);
        replace(&self.path(digest), &[code, &digest_of_code, MAGIC])
    }
}

/// Puts a file in its place as a whole, or not at all.
fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let aside = path.with_extension(format!("{}.tmp", Reference::random()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    fs::rename(&aside, path)
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

/// Whether a file ends with the digest of what comes before.
fn intact(path: &Path) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let Some(code_bytes) = length.checked_sub(TRAILER_BYTES as u64) else {
        return Ok(false);
    };
    let mut sum = Sha256::new();
    let mut code = (&mut file).take(code_bytes);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match code.read(&mut piece)? {
            0 => break,
            read => sum.update(piece.get(..read).unwrap_or_default()),
        }
    }
    let mut trailer = Vec::with_capacity(TRAILER_BYTES);
    file.take(TRAILER_BYTES as u64).read_to_end(&mut trailer)?;
    Ok(trailer == [sum.finalize().as_slice(), MAGIC].concat())
}

/// Runs code from where it lies; where nothing may be run (a file system that is mounted `noexec`),
/// from a copy.
#[expect(
    unsafe_code,
    reason = "running our own compiled code is what makes the second start fast, and large bots small"
)]
fn map(engine: &Engine, path: &Path) -> Option<Component> {
    // SAFETY: wasmtime wants what `Component::serialize` of a compatible version made, and that nobody
    // changes it while it is mapped. The file matches the digest written with it, so it is whole; the
    // directory is ours with mode 0700, checked when the cache was opened, so only this user can have
    // written both, and the gateway never writes into a file of this name: it renames another one to
    // it. wasmtime itself refuses code of another version or settings.
    unsafe {
        Component::deserialize_file(engine, path)
            .or_else(|_| Component::deserialize(engine, fs::read(path)?))
    }
    .ok()
}

/// Runs a copy of code that was made just now, where it cannot be kept.
#[expect(
    unsafe_code,
    reason = "a directory without room is no reason not to serve"
)]
pub(super) fn copy(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime wants what it serialized itself: the code comes straight from the pipe to the
    // compiler's process, which is this program, and which said that it got to its end.
    unsafe { Component::deserialize(engine, code) }
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
        let component = wat::parse_str("(component)").unwrap();
        let code = engine.precompile_component(&component).unwrap();
        cache.store(&digest, &code).unwrap();
        (directory, engine, cache, digest)
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let (_directory, engine, cache, digest) = fixture();
        assert!(cache.load(&engine, &digest).is_some());
        assert!(cache.load(&engine, &[8; 32]).is_none());
    }

    #[test]
    fn why_there_is_no_code_is_kept_too() {
        let (_directory, _engine, cache, _digest) = fixture();
        for refusal in [
            Refusal::Unfit("it is\nnot".to_owned()),
            Refusal::TooMuch("of it".to_owned()),
        ] {
            cache.refuse(&[8; 32], &refusal).unwrap();
            let (found, file) = cache.refusal(&[8; 32]).unwrap();
            assert_eq!(found, refusal);
            fs::write(file, "ravenry 0.0.0 unfit\nit was").unwrap();
            assert_eq!(cache.refusal(&[8; 32]), None, "another version said so");
        }
        assert_eq!(cache.refusal(&[9; 32]), None);
    }

    #[test]
    fn code_is_run_from_where_it_lies() {
        let (_directory, engine, cache, digest) = fixture();
        let _mapped = cache.load(&engine, &digest).unwrap();
        let mappings = fs::read_to_string("/proc/self/maps").unwrap();
        let file = cache.path(&digest);
        assert!(mappings.contains(file.to_str().unwrap()), "{mappings}");
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
        for length in [0, 7, 39, 40, whole.len() - 40, whole.len() - 1] {
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
