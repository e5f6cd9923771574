//! The numbers of a model, read from its file one tensor at a time.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use ndarray::{Array1, Array2};
use safetensors::tensor::{Dtype, Metadata};

use super::{error::EncoderError, files::parse};

/// Largest model, in bytes: the large BERT has 1.3 GB.
const MODEL_BYTES_MAX: u64 = 2 << 30;

/// Longest list of tensors, in bytes. That of the large BERT has 50 KB.
const HEADER_BYTES_MAX: u64 = 4 << 20;

/// Bytes that are read at once, so that no tensor is in memory twice.
const CHUNK_BYTES: usize = 1 << 16;

/// A file of tensors, whose list was read.
pub(super) struct Tensors {
    path: PathBuf,
    file: File,
    list: Metadata,
    /// Where the data begins.
    data: u64,
    /// What stands before each name: nothing, or `bert.`.
    prefix: &'static str,
}

impl Tensors {
    /// Reads the list, and holds it against the length of the file.
    pub(super) fn open(path: &Path) -> Result<Self, EncoderError> {
        let fail = |source| EncoderError::File {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        if length > MODEL_BYTES_MAX {
            return Err(EncoderError::TooLarge {
                path: path.to_owned(),
                limit: MODEL_BYTES_MAX,
            });
        }
        let cut_off = || EncoderError::damaged(path, "it is cut off, or no file of tensors");
        let mut size = [0; 8];
        read_whole(&mut file, &mut size)
            .map_err(fail)?
            .ok_or_else(cut_off)?;
        let size = u64::from_le_bytes(size);
        let data = size.saturating_add(8);
        if data > length {
            return Err(cut_off());
        }
        if size > HEADER_BYTES_MAX {
            return Err(EncoderError::damaged(
                path,
                "its list of tensors is too long",
            ));
        }
        let mut header = vec![0; usize::try_from(size).unwrap_or_default()];
        read_whole(&mut file, &mut header)
            .map_err(fail)?
            .ok_or_else(cut_off)?;
        let list: Metadata = parse(path, &header)?;
        let declared = u64::try_from(list.data_len()).ok();
        if declared.and_then(|declared| declared.checked_add(data)) != Some(length) {
            return Err(cut_off());
        }
        let prefixed = list
            .info("bert.embeddings.word_embeddings.weight")
            .is_some();
        Ok(Self {
            path: path.to_owned(),
            file,
            list,
            data,
            prefix: if prefixed { "bert." } else { "" },
        })
    }

    /// A matrix with so many columns, and rows if they are known.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        rows: Option<usize>,
        columns: usize,
    ) -> Result<Array2<f32>, EncoderError> {
        let name = format!("{}{name}", self.prefix);
        let shape = self.shape(&name)?;
        let expected = |found: usize| rows.is_none_or(|rows| rows == found);
        match shape.as_slice() {
            [found, width] if expected(*found) && *width == columns => {
                let numbers = self.numbers(&name)?;
                let shaped = Array2::from_shape_vec((*found, *width), numbers);
                shaped.map_err(|error| EncoderError::damaged(&self.path, error.to_string()))
            }
            other => {
                let rows = rows.map_or_else(|| "any".to_owned(), |rows| rows.to_string());
                let detail =
                    format!("`{name}` has the shape {other:?} instead of [{rows}, {columns}]");
                Err(EncoderError::damaged(&self.path, detail))
            }
        }
    }

    /// A row of so many numbers.
    pub(super) fn row(&mut self, name: &str, length: usize) -> Result<Array1<f32>, EncoderError> {
        let name = format!("{}{name}", self.prefix);
        let shape = self.shape(&name)?;
        if shape != [length] {
            let detail = format!("`{name}` has the shape {shape:?} instead of [{length}]");
            return Err(EncoderError::damaged(&self.path, detail));
        }
        self.numbers(&name).map(Array1::from_vec)
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>, EncoderError> {
        let info = self.list.info(name);
        let info =
            info.ok_or_else(|| EncoderError::damaged(&self.path, format!("it has no `{name}`")))?;
        if info.dtype != Dtype::F32 {
            let what = format!("numbers of the type {:?}", info.dtype);
            return Err(EncoderError::unsupported(&self.path, what));
        }
        Ok(info.shape.clone())
    }

    /// As many as the list says, which is no more than the file has.
    fn numbers(&mut self, name: &str) -> Result<Vec<f32>, EncoderError> {
        let offsets = self.list.info(name).map(|info| info.data_offsets);
        let (start, end) = offsets.unwrap_or_default();
        let start = u64::try_from(start).unwrap_or(u64::MAX);
        let path = &self.path;
        let fail = |source| EncoderError::File {
            path: path.clone(),
            source,
        };
        let at = SeekFrom::Start(self.data.saturating_add(start));
        self.file.seek(at).map_err(fail)?;
        let mut left = end.saturating_sub(usize::try_from(start).unwrap_or(usize::MAX));
        let mut numbers = Vec::with_capacity(left / 4);
        let mut chunk = vec![0; CHUNK_BYTES];
        while left > 0 {
            let length = left.min(CHUNK_BYTES);
            let part = chunk.get_mut(..length).unwrap_or_default();
            let read = read_whole(&mut self.file, part).map_err(fail)?;
            read.ok_or_else(|| EncoderError::damaged(path, "it was cut off while it was read"))?;
            let (words, _) = part.as_chunks::<4>();
            numbers.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
            left = left.saturating_sub(length);
        }
        if numbers.iter().all(|number| number.is_finite()) {
            return Ok(numbers);
        }
        Err(EncoderError::damaged(
            path,
            format!("`{name}` holds what is no number"),
        ))
    }
}

/// Fills the bytes; `None` where the file ends before.
fn read_whole(file: &mut File, bytes: &mut [u8]) -> io::Result<Option<()>> {
    match file.read_exact(bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        read => read.map(Some),
    }
}
