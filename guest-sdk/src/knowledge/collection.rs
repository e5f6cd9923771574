//! Searches documents, puts them in and removes them.

use super::{Document, Documents, Error, Passage};
use crate::{
    Result,
    backend::knowledge::{self as backend, Page},
};

/// Documents that can be searched; see [`bot`](super::bot) and [`user`](super::user).
///
/// Every function fails with [`Error::NoSuchCollection`] where the call does not have it, with
/// [`Error::Unavailable`] where the database does not answer, and those that put in with [`Error::Invalid`] and
/// [`Error::Full`] too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    name: &'static str,
}

impl Collection {
    pub(super) fn named(name: &'static str) -> Self {
        Self { name }
    }

    /// The passages that answer a question best, best first: at most `limit`, and 100. Of equals, the earlier
    /// document and the earlier passage. None: nothing in the documents fits.
    ///
    /// The question may be of any length; its first 16 KiB count.
    pub fn search(&self, question: impl AsRef<str>, limit: u32) -> Result<Vec<Passage>, Error> {
        backend::search(self.name, question.as_ref(), limit)
    }

    /// Puts a document in, in the place of the one that has its identifier.
    pub fn put(&self, document: Document) -> Result<(), Error> {
        self.put_many([document])
    }

    /// Puts these documents in: all of them, or none where one is refused. At most 256, and 8 MiB.
    pub fn put_many(&self, documents: impl IntoIterator<Item = Document>) -> Result<(), Error> {
        backend::put(self.name, documents.into_iter().collect())
    }

    /// Removes the document with this identifier, and says whether there was one.
    pub fn remove(&self, id: impl Into<String>) -> Result<bool, Error> {
        Ok(self.remove_many([id])? > 0)
    }

    /// Removes the documents with these identifiers, and says how many of them there were.
    pub fn remove_many(
        &self,
        ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<u32, Error> {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        backend::remove(self.name, &ids)
    }

    /// Removes all documents, and says how many there were.
    pub fn clear(&self) -> Result<u32, Error> {
        backend::clear(self.name)
    }

    /// All documents, in the order of their identifiers' bytes, asked for as they are taken: 1,000 at a time.
    ///
    /// One that is there all the while comes once; one that is put in or removed meanwhile comes or does not.
    pub fn documents(&self) -> Documents {
        Documents::new(*self)
    }

    /// Some of the documents: the first ones, or those that come next.
    pub(super) fn page(self, after: Option<&str>) -> Result<Page, Error> {
        backend::documents(self.name, after)
    }
}
