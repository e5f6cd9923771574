//! Texts in, vectors out: by a model in a process of its own, or by a server that the operator names.
//!
//! A directory is served by a process of this program (`process`, and `worker` inside it): one at a time, started by
//! the first call. A URL is asked over HTTP (`remote`). What fails is tried again after a pause (`pauses`), and callers
//! do without vectors meanwhile.

pub mod directory;
mod frames;
mod identity;
mod pauses;
mod process;
mod remote;
pub mod worker;

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use self::{
    identity::Identity,
    process::{Keeper, Start, Times},
    remote::Remote,
};
use ravenry_config::embeddings::EmbeddingsSpec;
use ravenry_outbound::Egress;

/// Most texts of a call. A model takes about a second for as many, in which nobody else is served.
pub const TEXTS_MAX: usize = 16;

/// How much of a text is looked at, in bytes: 32 KiB. What a model takes at once is in the first few of them.
pub const TEXT_BYTES_MAX: usize = 32 << 10;

/// How much of a text is sent to a server, in bytes: 8 KiB.
///
/// `OpenAI` refuses a text of more than 8192 tokens, of which none has less than a byte: nobody's text should be able to
/// fail a call, after which all others wait.
const SENT_BYTES_MAX: usize = 8 << 10;

/// Most numbers of a vector. As many as the largest models have; of those in a directory, none may have more.
pub const DIMENSIONS_MAX: usize = 4096;

/// What became of the texts of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// One for each text, in their order: 1 to [`DIMENSIONS_MAX`] finite numbers, as many in each. Their lengths as
    /// arrows may be other than 1.
    pub vectors: Vec<Vec<f32>>,
    /// Computing time of the process for these texts; zero where a server computes.
    pub computed: Duration,
}

/// Why there are no vectors. Whoever asked goes on by words alone.
///
/// Each is one sentence for the operator, without a secret; it may name a path or a host, and is not for bots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// Nothing makes vectors at the moment; with the reason, which is in the log already.
    #[error("{0}")]
    Unavailable(String),
    /// The call has more than [`TEXTS_MAX`] texts.
    #[error("{0} texts are too many for a call: at most {TEXTS_MAX}")]
    TooMany(usize),
}

/// Makes vectors of texts. Clones are the same one; with the last of them its process ends.
#[derive(Clone, Debug)]
pub struct Embedder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Arc<OnceLock<Identity>>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Process(Arc<Keeper>, Arc<Path>),
    Remote(Box<Remote>, Identity),
}

impl Embedder {
    /// Starts nothing yet, and looks at no file.
    pub fn new(spec: &EmbeddingsSpec, egress: &Egress) -> Self {
        let identity: Arc<OnceLock<Identity>> = Arc::default();
        let way = match spec {
            EmbeddingsSpec::Directory(directory) => {
                let directory: Arc<Path> = Arc::from(directory.as_path());
                let start = starting(&directory, &identity);
                Way::Process(Keeper::new(start, Times::default()), directory)
            }
            EmbeddingsSpec::Url { url, model, key } => {
                let identity = identity::of_url(url, model);
                let remote = Remote::new(url.clone(), model.clone(), key.clone(), egress);
                Way::Remote(Box::new(remote), identity)
            }
        };
        Self(Arc::new(Inner { identity, way }))
    }

    /// Tells vectors of different models apart, in at most 64 bytes.
    ///
    /// Of a directory it is made at the first call, of its small files and a part of the weights, in some milliseconds
    /// of reading. Vectors come of that model alone: one that is put in its place later is refused until the next
    /// start.
    pub fn model(&self) -> &[u8] {
        match &self.0.way {
            Way::Process(_, directory) => seen(&self.0.identity, directory),
            Way::Remote(_, identity) => identity,
        }
    }

    /// One vector for each text, in their order: of its beginning, as much of it as the model takes at once.
    ///
    /// At most [`TEXTS_MAX`] texts, of which [`TEXT_BYTES_MAX`] bytes each are looked at, and 8 KiB where a server makes
    /// the vectors. Waits for calls before it; one takes 60 s at most, with a server 10 s. After a failure, calls fail
    /// at once for 1 s to 1 min. One that is dropped has no effect on others.
    ///
    /// # Errors
    /// See [`EmbedError`].
    pub async fn embed(&self, mut texts: Vec<String>) -> Result<Embedded, EmbedError> {
        if texts.len() > TEXTS_MAX {
            return Err(EmbedError::TooMany(texts.len()));
        }
        if texts.is_empty() {
            return Ok(Embedded {
                vectors: Vec::new(),
                computed: Duration::ZERO,
            });
        }
        match &self.0.way {
            Way::Process(keeper, _) => {
                cut(&mut texts, TEXT_BYTES_MAX);
                let call = serde_json::to_vec(&texts).ok();
                let call = call.and_then(|call| frames::framed(&call));
                let unwritten = || EmbedError::Unavailable("the call cannot be written".to_owned());
                keeper.ask(call.ok_or_else(unwritten)?, texts.len()).await
            }
            Way::Remote(remote, _) => {
                cut(&mut texts, SENT_BYTES_MAX);
                // Servers refuse a text without anything in it, and with it the call.
                let empty = texts.iter_mut().filter(|text| text.is_empty());
                empty.for_each(|text| text.push(' '));
                remote.ask(&texts).await
            }
        }
    }
}

/// The digest of the model in a directory, as it was when this was first asked.
fn seen<'i>(identity: &'i OnceLock<Identity>, directory: &Path) -> &'i Identity {
    identity.get_or_init(|| identity::of_directory(directory))
}

/// Starts the process of a model, unless that is another one by now.
fn starting(directory: &Arc<Path>, identity: &Arc<OnceLock<Identity>>) -> Start {
    let (directory, identity) = (Arc::clone(directory), Arc::clone(identity));
    Arc::new(move || {
        if *seen(&identity, &directory) != identity::of_directory(&directory) {
            return Err(format!(
                "the model in `{}` is another one than at the first call: stop the gateway and start it again",
                directory.display()
            ));
        }
        // In one argument, whatever the path begins with.
        let mut model = OsString::from("--model=");
        model.push(directory.as_os_str());
        let started = ravenry_base::worker::keep(&[OsStr::new(worker::VERB), &model]);
        started.map_err(|error| process::unstarted(&error))
    })
}

/// Leaves the beginning of each text, in whole characters.
fn cut(texts: &mut [String], bytes_max: usize) {
    for text in texts {
        text.truncate(text.floor_char_boundary(bytes_max));
    }
}

#[cfg(test)]
mod tests;
