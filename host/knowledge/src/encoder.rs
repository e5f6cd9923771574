//! The encoder: from texts to vectors that are near each other where the texts mean the same.
//!
//! Runs models of the `sentence-transformers` kind with BERT in them, as all-MiniLM-L6-v2 is one, from the files of
//! their directory, on the thread that calls, in 32-bit numbers. The files are read as they are: nothing in them is
//! run, and what they declare is checked against what is there before memory is taken for it.

mod bert;
mod error;
mod files;
mod tokens;
mod weights;

use std::path::Path;

pub use self::error::EncoderError;
use self::{
    bert::Bert,
    files::{Config, Pooling},
    tokens::Tokenizer,
    weights::Tensors,
};

/// Most windows of a text that become vectors; what is behind them is passed over.
///
/// A passage has one, seldom two. A question of half a million characters would have 500, of 60 ms each.
pub const WINDOWS_MAX: usize = 4;

/// Tokens that stand around every window, to say where it begins and ends.
const MARKS: usize = 2;

/// A model, loaded. As much memory as its file has bytes.
pub struct Encoder {
    tokenizer: Tokenizer,
    model: Bert,
    pooling: Pooling,
    normalise: bool,
    window_tokens: usize,
}

impl Encoder {
    /// Loads the model in a directory, which is as the `sentence-transformers` library saves it.
    ///
    /// Takes what is supported: BERT with `WordPiece` tokens, absolute positions and GELU in `model.safetensors` of
    /// 32-bit numbers; mean or CLS pooling; optional normalisation. All else is refused by its name.
    pub fn open(directory: &Path) -> Result<Self, EncoderError> {
        let config = Config::read(directory)?;
        let tokenizer = Tokenizer::read(directory, config.lowercase)?;
        let mut tensors = Tensors::open(&directory.join("model.safetensors"))?;
        let model = Bert::read(&mut tensors, &config.sizes)?;
        tokenizer.check_ids(model.vocabulary())?;
        Ok(Self {
            tokenizer,
            model,
            pooling: config.pooling,
            normalise: config.normalise,
            window_tokens: config.window_tokens.saturating_sub(MARKS),
        })
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.model.width()
    }

    /// The vectors of a text, one for each window of it: what the model takes at once, without the marks around it.
    ///
    /// At least one and at most [`WINDOWS_MAX`]; the nearest of them says how near the text is. Computes for some tens
    /// of milliseconds for each: one text at a time, so that the caller can do other things in between.
    pub fn embed(&self, text: &str) -> Vec<Vec<f32>> {
        let wanted = self.window_tokens.saturating_mul(WINDOWS_MAX);
        let tokens = self.tokenizer.tokens(text, wanted);
        if tokens.is_empty() {
            return vec![self.window(&[])];
        }
        let windows = tokens.chunks(self.window_tokens.max(1));
        windows.map(|window| self.window(window)).collect()
    }

    /// The vector of the beginning of a text: of its first window alone, and as quick as that.
    pub fn embed_beginning(&self, text: &str) -> Vec<f32> {
        let tokens = self.tokenizer.tokens(text, self.window_tokens);
        let window = tokens.chunks(self.window_tokens.max(1)).next();
        self.window(window.unwrap_or_default())
    }

    fn window(&self, tokens: &[u32]) -> Vec<f32> {
        let mut marked = Vec::with_capacity(tokens.len().saturating_add(MARKS));
        marked.push(self.tokenizer.first());
        marked.extend_from_slice(tokens);
        marked.push(self.tokenizer.last());
        let states = self.model.run(&marked);
        let mut vector = match self.pooling {
            Pooling::Mean => states.mean_axis(ndarray::Axis(0)).unwrap_or_default(),
            Pooling::First => states.row(0).to_owned(),
        };
        if self.normalise {
            let length = vector.dot(&vector).sqrt();
            if length > 0.0 {
                vector /= length;
            }
        }
        vector.to_vec()
    }
}
