//! Compiled code on disk, so that the second start is fast.
//!
//! A file is found by the engine's settings and the component's digest, ends with that digest and with the one of
//! its own content, is written aside and renamed, and is trusted only from a directory into which no
//! other user can write: a writer there could run code in this process. A file under another one's name is not run.
//!
//! Code is run from where it lies: the file is mapped, so that only the pages which a bot touches take
//! memory, and the kernel may take those back. Hence the code comes first, and its digest after it.

mod room;

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

pub(in crate::sandbox) use self::room::{CacheRoom, PinnedFile};
use super::compiler::Refusal;

/// Last bytes of a cache file; the number is the version of this layout.
const MAGIC: &[u8; 8] = b"ravenry3";
/// Length of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;
/// What follows the code: the digest of its component, that of both, and [`MAGIC`].
const TRAILER_BYTES: usize = 2 * DIGEST_BYTES + MAGIC.len();
/// So much of a file is read at once: a Python component has 40 MB of code.
const PIECE_BYTES: usize = 64 * 1024;

/// Before what a file says of a component that cannot be compiled: another version may know better.
const REFUSED_BY: &str = concat!("ravenry ", env!("CARGO_PKG_VERSION"), " ");
/// It is not as it should be.
const UNFIT: &str = "unfit";
/// It takes too much.
const TOO_MUCH: &str = "too much";
/// It takes more than so many bytes of memory.
const MEMORY: &str = "memory";
/// Such a file has one sentence, in bytes.
const REFUSAL_BYTES_MAX: u64 = 16 * 1024;

/// The code of one engine in the directory.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    room: CacheRoom,
    engine: u64,
}

/// Code that can be run.
pub(super) struct Code {
    pub(super) component: Component,
    /// Its file, where it has one.
    pub(super) kept: Option<PinnedFile>,
}

impl Cache {
    /// The code of this engine.
    pub(super) fn of(engine: &Engine, room: CacheRoom) -> Self {
        // Only a name: a hasher that changes with the compiler costs one compilation.
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hasher.finish();
        Self { room, engine }
    }

    fn path(&self, component: &[u8; DIGEST_BYTES]) -> PathBuf {
        let name = format!("{:016x}-{}.cwasm", self.engine, hex(component));
        self.room.directory().join(name)
    }

    /// The compiled form of the component with this digest, if an intact one is there.
    pub(super) fn load(&self, engine: &Engine, digest: &[u8; DIGEST_BYTES]) -> Option<Code> {
        let path = self.path(digest);
        // From before it is looked at: so it is not removed in between.
        let kept = path.exists().then(|| self.room.keep(&path))?;
        let open = kept.may_stay_open();
        let component = intact(&path, digest)
            .ok()?
            .then(|| found(engine, &path, open))??;
        Some(Code {
            component,
            kept: Some(kept),
        })
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
        let (component, text) = text.strip_prefix(REFUSED_BY)?.split_once(' ')?;
        if component != hex(digest) {
            return None;
        }
        let refusal = match text.split_once('\n')? {
            (UNFIT, words) => Refusal::Unfit(words.to_owned()),
            (TOO_MUCH, words) => Refusal::TooMuch(words.to_owned()),
            (MEMORY, bytes) => Refusal::Memory(bytes.parse().ok()?),
            _ => return None,
        };
        Some((refusal, path))
    }

    /// Keeps why a component cannot be compiled, so that no start waits for that again.
    pub(super) fn refuse(&self, digest: &[u8; DIGEST_BYTES], refusal: &Refusal) -> io::Result<()> {
        let (kind, words) = match refusal {
            Refusal::Unfit(words) => (UNFIT, words),
            Refusal::TooMuch(words) => (TOO_MUCH, words),
            Refusal::Memory(bytes) => (MEMORY, &bytes.to_string()),
        };
        let path = self.refusal_path(digest);
        let component = hex(digest);
        let text = format!("{REFUSED_BY}{component} {kind}\n{words}");
        replace(&path, &[text.as_bytes()])?;
        self.room.added();
        Ok(())
    }

    fn refusal_path(&self, digest: &[u8; DIGEST_BYTES]) -> PathBuf {
        self.path(digest).with_extension("refused")
    }

    /// Keeps the compiled form. Failing costs a compilation at the next start, nothing else.
    pub(super) fn store(&self, digest: &[u8; DIGEST_BYTES], code: &[u8]) -> io::Result<()> {
        let sum = Sha256::new().chain_update(code).chain_update(digest);
        replace(&self.path(digest), &[code, digest, &sum.finalize(), MAGIC])?;
        self.room.added();
        Ok(())
    }
}

/// Puts a file in its place as a whole, or not at all: what a failure leaves, as where the disk is full, goes at
/// once, and what a kill leaves at the next start.
fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut aside = tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .suffix(".tmp")
        .tempfile_in(path.parent().unwrap_or(path))?;
    // A process that sweeps sees that it is being written.
    aside.as_file().lock()?;
    for part in parts {
        aside.write_all(part)?;
    }
    aside.as_file().sync_all()?;
    aside.persist(path)?;
    Ok(())
}

/// Whether a file has code of this component, and ends with the digest of what comes before.
fn intact(path: &Path, component: &[u8; DIGEST_BYTES]) -> io::Result<bool> {
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
    sum.update(component);
    let mut trailer = Vec::with_capacity(TRAILER_BYTES);
    file.take(TRAILER_BYTES as u64).read_to_end(&mut trailer)?;
    Ok(trailer == [component, sum.finalize().as_slice(), MAGIC].concat())
}

/// Runs code from where it lies, which keeps its file open; where that may not be, or nothing may be run there (a
/// file system that is mounted `noexec`), from a copy.
#[expect(
    unsafe_code,
    reason = "running our own compiled code is what makes the second start fast, and large bots small"
)]
fn found(engine: &Engine, path: &Path, open: bool) -> Option<Component> {
    // SAFETY: wasmtime wants what `Component::serialize` of a compatible version made, and that it is
    // not changed while it is mapped. The file matches the digest written with it, so it is whole; only this
    // user can write into the directory, which was checked when it was opened, so no other can have
    // written both, and the gateway never writes into a file of this name: it renames another one to
    // it. wasmtime itself refuses code of another version or settings.
    unsafe {
        let mapped = open.then(|| Component::deserialize_file(engine, path).ok());
        let copied = || Component::deserialize(engine, fs::read(path).ok()?).ok();
        mapped.flatten().or_else(copied)
    }
}

/// Runs a copy of code that was made just now, where it cannot be kept.
#[expect(
    unsafe_code,
    reason = "a directory without room is no reason not to serve"
)]
pub(super) fn copy(engine: &Engine, code: &[u8]) -> wasmtime::Result<Code> {
    // SAFETY: wasmtime wants what it serialized itself: the code comes straight from the pipe to the
    // compiler's process, which is this program, and which said that it got to its end.
    let component = unsafe { Component::deserialize(engine, code) }?;
    let kept = None;
    Ok(Code { component, kept })
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
        let room = CacheRoom::open(&directory.path().join("code"), 1).unwrap();
        let cache = Cache::of(&engine, room);
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
            Refusal::Memory(12),
        ] {
            cache.refuse(&[8; 32], &refusal).unwrap();
            let (found, file) = cache.refusal(&[8; 32]).unwrap();
            assert_eq!(found, refusal);
            fs::rename(&file, cache.refusal_path(&[9; 32])).unwrap();
            assert_eq!(cache.refusal(&[9; 32]), None, "it is of another one");
            fs::remove_file(cache.refusal_path(&[9; 32])).unwrap();
            let text = format!("ravenry 0.0.0 {} unfit\nit was", hex(&[8; 32]));
            fs::write(file, text).unwrap();
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

    /// However many bots there are, their code takes no more descriptors than it may.
    #[test]
    fn code_beyond_the_files_that_may_be_open_is_copied() {
        let (_directory, engine, cache, digest) = fixture();
        let name = cache.path(&digest);
        let mapped = || {
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            maps.contains(name.to_str().unwrap())
        };
        let first = cache.load(&engine, &digest).unwrap();
        let second = cache.load(&engine, &digest).unwrap();
        drop(first);
        assert!(!mapped(), "the second is a copy");
        let _third = cache.load(&engine, &digest).unwrap();
        assert!(mapped(), "its file may be open again");
        drop(second);
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

    /// Two files that are exchanged, or an old copy under another name, change no bot.
    #[test]
    fn code_of_another_component_is_not_run() {
        let (_directory, engine, cache, digest) = fixture();
        fs::copy(cache.path(&digest), cache.path(&[8; 32])).unwrap();
        assert!(cache.load(&engine, &[8; 32]).is_none());
        assert!(cache.load(&engine, &digest).is_some());
    }

    /// A write that fails half-way, as on a full disk, leaves nothing behind.
    #[test]
    fn nothing_is_left_of_what_cannot_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("taken");
        fs::create_dir(&path).unwrap();
        replace(&path, &[b"code"]).unwrap_err();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
