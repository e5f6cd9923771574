//! All keys of a bucket, page by page.

use super::{Bucket, Error};

/// All keys of a bucket; see [`Bucket::keys`](super::Bucket::keys).
///
/// An error ends it.
pub struct Keys<'a> {
    bucket: &'a Bucket,
    /// Of the page at hand, those that were not taken yet.
    listed: std::vec::IntoIter<String>,
    next: Next,
}

/// Where the next page begins.
enum Next {
    Start,
    Behind(String),
    End,
}

impl<'a> Keys<'a> {
    pub(super) fn new(bucket: &'a Bucket) -> Self {
        Self {
            bucket,
            listed: Vec::new().into_iter(),
            next: Next::Start,
        }
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.listed.next() {
                return Some(Ok(key));
            }
            let page = match std::mem::replace(&mut self.next, Next::End) {
                Next::Start => self.bucket.list(None),
                Next::Behind(cursor) => self.bucket.list(Some(&cursor)),
                Next::End => return None,
            };
            match page {
                // A page can be empty and not the last.
                Ok(page) => {
                    self.listed = page.keys.into_iter();
                    self.next = page.cursor.map_or(Next::End, Next::Behind);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
