//! The file of a component, read within its bound.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use ravenry_config::Unfit;

/// Largest component file, in bytes: a Python bot with its interpreter has about 20 MB.
pub const COMPONENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// The bytes of a component, or why there are none.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Unfit> {
    let too_large = |bytes: u64| {
        let said = format!("it has {bytes} bytes; at most {COMPONENT_BYTES_MAX} are taken");
        Err(io::Error::other(said))
    };
    let checked = fs::File::open(path).and_then(|file| {
        let announced = file.metadata()?.len();
        if announced > COMPONENT_BYTES_MAX {
            return too_large(announced);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        // It may grow meanwhile, or be none that has a length.
        let bound = COMPONENT_BYTES_MAX.saturating_add(1);
        let read = file.take(bound).read_to_end(&mut bytes)?;
        match u64::try_from(read) {
            Ok(read) if read <= COMPONENT_BYTES_MAX => Ok(bytes),
            _ => too_large(bound),
        }
    });
    checked.map_err(|error| Unfit {
        cause: format!("it cannot be read: {error}"),
        hint: (error.kind() == io::ErrorKind::NotFound)
            .then(|| "build it first, or correct `source`".to_owned()),
    })
}
