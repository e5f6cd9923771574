//! BM25 over the passages that are there now, term by term.
//!
//! Each term's list is gone through once, and adds to a number for each passage. That is more work than stopping
//! early where no better passage can come, and does not depend on how passages lie in segments.

use std::collections::BTreeMap;

use tantivy::{
    Searcher, SegmentReader, TERMINATED, TantivyError, Term, columnar::Column,
    fieldnorm::FieldNormReader, query::Bm25Weight, schema::IndexRecordOption,
};

use super::{Fields, IndexError, QUESTION_TERMS_MAX, Statistics};
use crate::ranking::{Hit, PassageId, Top};

/// A term with what it is worth.
pub(super) struct Weighed {
    term: Term,
    weight: Bm25Weight,
}

/// What each term of a question is worth, in the order of terms. Those that no passage has are left out.
pub(super) fn weigh(
    searcher: &Searcher,
    fields: Fields,
    statistics: &Statistics,
    terms: BTreeMap<String, u32>,
) -> Result<Vec<Weighed>, IndexError> {
    let mut found = Vec::new();
    for (text, count) in terms {
        let term = Term::from_field_text(fields.text, &text);
        let passages = passages_with(searcher, fields, &term)?.min(statistics.passages);
        if passages > 0 {
            found.push((passages, text, count, term));
        }
    }
    found.sort();
    found.truncate(QUESTION_TERMS_MAX);
    // Sums are made in this order, whatever is rare at the moment.
    found.sort_by(|(_, one, ..), (_, other, ..)| one.cmp(other));
    #[expect(
        clippy::cast_precision_loss,
        reason = "an average is none the worse for it"
    )]
    let average = statistics.terms as f32 / statistics.passages as f32;
    let weigh = |(passages, _, count, term): (u64, String, u32, Term)| {
        let weight =
            Bm25Weight::for_one_term_without_explain(passages, statistics.passages, average);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a question has some thousand words"
        )]
        let weight = weight.boost_by(count as f32);
        Weighed { term, weight }
    };
    Ok(found.into_iter().map(weigh).collect())
}

/// How many passages have a term. Those that were removed are in the lists, and are not counted.
fn passages_with(searcher: &Searcher, fields: Fields, term: &Term) -> Result<u64, IndexError> {
    let mut passages: u64 = 0;
    for segment in searcher.segment_readers() {
        let lists = segment.inverted_index(fields.text)?;
        let Some(info) = lists.get_term_info(term).map_err(TantivyError::from)? else {
            continue;
        };
        let here = match segment.alive_bitset() {
            None => info.doc_freq,
            Some(alive) => {
                let list = lists.read_postings_from_terminfo(&info, IndexRecordOption::Basic);
                list.map_err(TantivyError::from)?
                    .doc_freq_given_deletes(alive)
            }
        };
        passages = passages.saturating_add(u64::from(here));
    }
    Ok(passages)
}

/// The best passages, best first.
pub(super) fn best(
    searcher: &Searcher,
    fields: Fields,
    terms: &[Weighed],
    limit: usize,
) -> Result<Vec<Hit>, IndexError> {
    let mut top = Top::new(limit);
    for segment in searcher.segment_readers() {
        let scores = score(segment, fields, terms)?;
        let columns = segment.fast_fields();
        let (documents, ordinals) = (columns.u64("document")?, columns.u64("ordinal")?);
        for (passage, score) in (0..).zip(scores) {
            if score > 0.0 && top.may_take(score) && !segment.is_deleted(passage) {
                let passage = id(&documents, &ordinals, passage);
                top.take(Hit { passage, score });
            }
        }
    }
    Ok(top.into_hits())
}

fn id(documents: &Column<u64>, ordinals: &Column<u64>, passage: u32) -> PassageId {
    let ordinal = ordinals.first(passage).unwrap_or_default();
    PassageId {
        document: documents.first(passage).unwrap_or_default(),
        ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
    }
}

/// A number for each passage of a segment, the removed ones among them.
fn score(
    segment: &SegmentReader,
    fields: Fields,
    terms: &[Weighed],
) -> Result<Vec<f32>, IndexError> {
    let count = usize::try_from(segment.max_doc()).unwrap_or(usize::MAX);
    let mut scores = vec![0.0; count];
    let lists = segment.inverted_index(fields.text)?;
    let lengths = segment.get_fieldnorms_reader(fields.text)?;
    for Weighed { term, weight } in terms {
        let Some(info) = lists.get_term_info(term).map_err(TantivyError::from)? else {
            continue;
        };
        let option = IndexRecordOption::WithFreqs;
        let list = lists.read_block_postings_from_terminfo(&info, option);
        let mut list = list.map_err(TantivyError::from)?;
        loop {
            add(&mut scores, weight, &lengths, list.docs(), list.freqs());
            if list.docs().last().is_none_or(|last| *last == TERMINATED) {
                break;
            }
            list.advance();
        }
    }
    Ok(scores)
}

fn add(
    scores: &mut [f32],
    weight: &Bm25Weight,
    lengths: &FieldNormReader,
    passages: &[u32],
    counts: &[u32],
) {
    for (passage, count) in passages.iter().zip(counts) {
        let score = usize::try_from(*passage)
            .ok()
            .and_then(|at| scores.get_mut(at));
        if let Some(score) = score {
            *score += weight.score(lengths.fieldnorm_id(*passage), *count);
        }
    }
}
