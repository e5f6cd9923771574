//! All documents of a collection, page by page.

use super::{Collection, DocumentInfo, Error};

/// All documents of a collection; see [`Collection::documents`](super::Collection::documents).
///
/// An error ends it.
pub struct Documents {
    collection: Collection,
    /// Of the page at hand, those that were not taken yet.
    listed: std::vec::IntoIter<DocumentInfo>,
    next: Next,
}

/// Where the next page begins.
enum Next {
    Start,
    Behind(String),
    End,
}

impl Documents {
    pub(super) fn new(collection: Collection) -> Self {
        Self {
            collection,
            listed: Vec::new().into_iter(),
            next: Next::Start,
        }
    }
}

impl Iterator for Documents {
    type Item = Result<DocumentInfo, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(document) = self.listed.next() {
                return Some(Ok(document));
            }
            let page = match std::mem::replace(&mut self.next, Next::End) {
                Next::Start => self.collection.page(None),
                Next::Behind(last) => self.collection.page(Some(&last)),
                Next::End => return None,
            };
            match page {
                // A page can be empty and not the last.
                Ok(page) => {
                    self.listed = page.documents.into_iter();
                    self.next = page.next.map_or(Next::End, Next::Behind);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
