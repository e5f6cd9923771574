//! Documents whose passages wait for the model: in their order, those of several documents in one call.

use std::collections::VecDeque;

use ravenry_store::{DOCUMENT_VECTORS_BYTES_MAX, DocumentVectors};

/// Documents that have not all of their vectors yet.
#[derive(Debug, Default)]
pub(super) struct Queue {
    documents: VecDeque<Waiting>,
    /// Of all of them, but for those that the model was given.
    texts: VecDeque<String>,
}

#[derive(Debug)]
struct Waiting {
    document: DocumentVectors,
    /// How many vectors it lacks.
    lacks: usize,
}

impl Queue {
    /// Takes a document, with the texts of which its vectors are to be.
    pub(super) fn push(&mut self, document: DocumentVectors, texts: Vec<String>) {
        let lacks = texts.len();
        self.documents.push_back(Waiting { document, lacks });
        self.texts.extend(texts);
    }

    /// How many texts wait.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The next texts, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Vec<String> {
        let count = most.min(self.texts.len());
        self.texts.drain(..count).collect()
    }

    /// Takes the vectors of the texts that were given out, in their order.
    pub(super) fn take(&mut self, vectors: Vec<Vec<f32>>) {
        let mut open = self.documents.iter_mut();
        let mut first = open.find(|waiting| waiting.lacks > 0);
        for vector in vectors {
            while first.as_ref().is_some_and(|waiting| waiting.lacks == 0) {
                first = open.next();
            }
            let Some(waiting) = &mut first else {
                return;
            };
            waiting.lacks = waiting.lacks.saturating_sub(1);
            let bytes = vector.into_iter().flat_map(f32::to_le_bytes);
            waiting.document.vectors.extend(bytes);
        }
    }

    /// The first document, if it has all of its vectors. One with more of them than a document may have is left without:
    /// it is found by its words.
    pub(super) fn done(&mut self) -> Option<DocumentVectors> {
        let first = self.documents.pop_front_if(|first| first.lacks == 0)?;
        let mut document = first.document;
        if document.vectors.len() > DOCUMENT_VECTORS_BYTES_MAX {
            document.vectors.clear();
        }
        Some(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(number: u64) -> DocumentVectors {
        DocumentVectors {
            number,
            revision: number,
            model: b"m".to_vec(),
            vectors: Vec::new(),
        }
    }

    #[test]
    fn passages_of_several_documents_come_back_to_their_own() {
        let mut queue = Queue::default();
        for (number, texts) in [(1, 1), (2, 0), (3, 3), (4, 1)] {
            queue.push(document(number), vec![format!("of {number}"); texts]);
        }
        assert_eq!(queue.len(), 5);
        assert!(queue.done().is_none());
        assert_eq!(queue.next(3), ["of 1", "of 3", "of 3"]);
        queue.take(vec![vec![1.0], vec![3.0], vec![3.5]]);
        let numbers = |done: Option<DocumentVectors>| {
            let (numbers, _) = done.as_ref()?.vectors.as_chunks();
            let numbers = numbers.iter().copied().map(f32::from_le_bytes);
            Some((done.as_ref()?.number, numbers.collect::<Vec<_>>()))
        };
        assert_eq!(numbers(queue.done()), Some((1, vec![1.0])));
        assert_eq!(numbers(queue.done()), Some((2, Vec::new())));
        assert_eq!(numbers(queue.done()), None);
        assert_eq!(queue.next(3), ["of 3", "of 4"]);
        queue.take(vec![vec![3.75], vec![4.0]]);
        assert_eq!(numbers(queue.done()), Some((3, vec![3.0, 3.5, 3.75])));
        assert_eq!(numbers(queue.done()), Some((4, vec![4.0])));
        assert!(queue.done().is_none() && queue.next(3).is_empty());
    }

    #[test]
    fn too_many_vectors_are_none() {
        let mut queue = Queue::default();
        queue.push(document(1), vec![String::new()]);
        queue.next(1);
        queue.take(vec![vec![0.0; DOCUMENT_VECTORS_BYTES_MAX / 4 + 1]]);
        assert_eq!(queue.done(), Some(document(1)));
    }
}
