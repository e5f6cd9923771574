//! A server that makes vectors, as `OpenAI`'s `/v1/embeddings` does: JSON there, JSON back.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::Semaphore, task::spawn_blocking};
use url::Url;

use super::{DIMENSIONS_MAX, EmbedError, Embedded, pauses::Pauses};
use ravenry_base::secret::Secret;
use ravenry_outbound::{Egress, embeddings::Embeddings};

/// Calls to the server at once; more of them wait for their turn.
///
/// 8: an answer may have 16 MiB, and as much again once it is read. A server that is well answers in a tenth of a
/// second, which makes 80 calls in a second.
const CALLS_MAX: usize = 8;

/// The server, and how it is.
#[derive(Debug)]
pub(super) struct Remote {
    server: Embeddings,
    model: String,
    pauses: Pauses,
    places: Arc<Semaphore>,
    /// How many numbers its vectors have, once that is known.
    length: OnceLock<usize>,
}

/// What is asked. Source: `OpenAI`, "Create embeddings", read 2025.
#[derive(Serialize)]
struct Call<'a> {
    model: &'a str,
    input: &'a [String],
}

/// What comes back, as far as it is read.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// Which text it is of; `None`: the one at the same place.
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Remote {
    /// Asks nothing yet.
    pub(super) fn new(url: Url, model: String, key: Option<Secret>, egress: &Egress) -> Self {
        Self {
            server: Embeddings::new(egress, url, key),
            model,
            pauses: Pauses::default(),
            places: Arc::new(Semaphore::new(CALLS_MAX)),
            length: OnceLock::new(),
        }
    }

    /// The vectors of these texts.
    ///
    /// # Errors
    /// [`EmbedError::Unavailable`].
    pub(super) async fn ask(&self, texts: &[String]) -> Result<Embedded, EmbedError> {
        // It is never closed; a call without a place would do no harm.
        let _place = self.places.acquire().await.ok();
        if let Some(why) = self.pauses.holds() {
            return Err(EmbedError::Unavailable(why));
        }
        let vectors = self.exchange(texts).await;
        match &vectors {
            Ok(_) => self.pauses.succeeded(),
            Err(why) => self.pauses.failed(why),
        }
        let vectors = vectors.map_err(EmbedError::Unavailable)?;
        Ok(Embedded {
            vectors,
            computed: Duration::ZERO,
        })
    }

    /// Refuses vectors of another length than all before: they can be compared with none.
    fn as_long_as_before(&self, vectors: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>, String> {
        let given = vectors.first().map_or(0, Vec::len);
        let before = *self.length.get_or_init(|| given);
        if given == before {
            return Ok(vectors);
        }
        Err(format!(
            "its vectors have {given} numbers, and had {before} before"
        ))
    }

    async fn exchange(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let call = Call {
            model: &self.model,
            input: texts,
        };
        let call = serde_json::to_vec(&call).map_err(|error| error.to_string())?;
        let answer = self.server.ask(call).await;
        let answer = answer.map_err(|error| error.to_string())?;
        // Up to 16 MiB: too long for a thread that serves.
        let count = texts.len();
        let read = spawn_blocking(move || vectors(&answer, count)).await;
        let read = read.map_err(|error| error.to_string()).flatten();
        let read = read.and_then(|vectors| self.as_long_as_before(vectors));
        read.map_err(|why| format!("what the server for vectors has answered is of no use: {why}"))
    }
}

/// The vectors of so many texts in an answer.
fn vectors(answer: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, String> {
    let answer: Answer = serde_json::from_slice(answer)
        // Its own words may repeat what was sent.
        .map_err(|error| {
            format!(
                "it is not the JSON that was expected, at line {}, column {}",
                error.line(),
                error.column()
            )
        })?;
    let mut found: Vec<Option<Vec<f32>>> = vec![None; texts];
    let count = answer.data.len();
    for (place, item) in answer.data.into_iter().enumerate() {
        let place = found.get_mut(item.index.unwrap_or(place));
        let empty = place.filter(|place| place.is_none());
        let place = empty.ok_or("there is more than one vector for a text")?;
        *place = Some(item.embedding);
    }
    let vectors: Option<Vec<_>> = found.into_iter().collect();
    let vectors = vectors.ok_or_else(|| format!("{count} vectors came for {texts} texts"))?;
    let length = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.len() != length) {
        return Err("its vectors have not the same length".to_owned());
    }
    if !(1..=DIMENSIONS_MAX).contains(&length) {
        return Err(format!(
            "its vectors have {length} numbers, and may have 1 to {DIMENSIONS_MAX}"
        ));
    }
    if !vectors.iter().flatten().all(|number| number.is_finite()) {
        return Err("one of its numbers is too large".to_owned());
    }
    // It has no direction, and is near to nothing.
    if vectors
        .iter()
        .any(|vector| vector.iter().all(|number| *number == 0.0))
    {
        return Err("one of its vectors has nothing but zeros".to_owned());
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests;
