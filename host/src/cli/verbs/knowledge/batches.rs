//! Puts documents into a collection, as many at once as the store takes, and notes what became of each.

use std::mem;

use super::reading::ReadDocument;
use crate::cli::{failure::Failure, kept::refusal};
use ravenry_base::report::Problem;
use ravenry_protocol::shown::Escaped;
use ravenry_store::{DOCUMENTS_MAX, Error, NewDocument, Scope, Store, WritePolicy};

/// Bytes of texts that are put at once, but for a document that has more: half of what the store takes, so that a
/// server that writes meanwhile does not wait for long.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A document that is in the collection now.
#[derive(Debug)]
pub(super) struct Put {
    /// Its identifier.
    pub(super) id: String,
    /// How long its text is.
    pub(super) bytes: usize,
    /// Whether that is not all that was in its file.
    pub(super) is_cut: bool,
}

/// Documents on their way into a collection.
pub(super) struct Batches<'a> {
    store: &'a Store,
    scope: &'a Scope,
    policy: &'a WritePolicy,
    waiting: Vec<ReadDocument>,
    /// Of the texts of those.
    bytes: usize,
    put: Vec<Put>,
    refused: Vec<Problem>,
}

impl<'a> Batches<'a> {
    /// Nothing yet.
    pub(super) fn new(store: &'a Store, scope: &'a Scope, policy: &'a WritePolicy) -> Self {
        Self {
            store,
            scope,
            policy,
            waiting: Vec::new(),
            bytes: 0,
            put: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Takes a document, which is put with the next ones.
    ///
    /// # Errors
    /// The store can put nothing now.
    pub(super) async fn take(&mut self, document: ReadDocument) -> Result<(), Failure> {
        let bytes = document.document.text.len();
        let is_full = self.waiting.len() >= DOCUMENTS_MAX;
        if is_full || self.bytes.saturating_add(bytes) > BYTES_MAX {
            self.flush().await?;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.waiting.push(document);
        Ok(())
    }

    /// Notes that there is no document to put.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.refused.push(problem);
    }

    /// Puts what waits.
    ///
    /// # Errors
    /// The store can put nothing now.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let waiting = mem::take(&mut self.waiting);
        if waiting.len() > 1 {
            let documents = waiting.iter().map(|read| read.document.clone());
            if self.attempt(documents.collect()).await?.is_none() {
                self.put.extend(waiting.iter().map(put));
                return Ok(());
            }
        }
        // Each by itself, so that it is said which are refused, and the others are taken.
        for read in waiting {
            let put = put(&read);
            match self.attempt(vec![read.document]).await? {
                None => self.put.push(put),
                Some(why) => {
                    let message = format!("`{}` was not added", Escaped(&put.id));
                    let problems = refusal::undone(message, &why).into_problems();
                    self.refused.extend(problems.0);
                }
            }
        }
        Ok(())
    }

    /// Puts all of them, or none; `Some`: why these are refused, where others may not be.
    async fn attempt(&self, documents: Vec<NewDocument>) -> Result<Option<Error>, Failure> {
        let first = documents.first().map(|first| first.id.clone());
        let put = self.store.put_documents(self.scope, documents, self.policy);
        match put.await {
            Ok(()) => Ok(None),
            Err(why @ (Error::Full { .. } | Error::Documents(_))) => Ok(Some(why)),
            Err(error) => {
                let first = first.unwrap_or_default();
                let first = Escaped(&first);
                let message = format!("`{first}` was not added, nor were those behind it");
                Err(refusal::undone(message, &error))
            }
        }
    }

    /// What was put, and what was refused.
    pub(super) fn end(self) -> (Vec<Put>, Vec<Problem>) {
        (self.put, self.refused)
    }
}

fn put(read: &ReadDocument) -> Put {
    Put {
        id: read.document.id.clone(),
        bytes: read.document.text.len(),
        is_cut: read.is_cut,
    }
}
