//! BM25 over the passages that are there now, term by term.
//!
//! Each term's list is gone through once, and adds to a number for each passage. That is more work than stopping
//! early where no better passage can come, and does not depend on how passages lie in segments.

use std::collections::BTreeMap;

use tantivy::{
    Searcher, SegmentReader, TERMINATED, TantivyError, Term, columnar::Column,
    fieldnorm::FieldNormReader, query::Bm25Weight, schema::IndexRecordOption,
};

use super::{Fields, IndexError, QUESTION_TERMS_MAX, Statistics, question::Question};
use crate::ranking::{Hit, PassageId, Top};

/// How much of what a question is about a passage must hold to be found by its words, each word counting by its rarity.
///
/// Of thirty everyday questions to the pages of this project, twenty-two find nothing with it, and none without; of
/// thirty that the pages answer, none is lost. On the Cranfield collection nDCG@10 stays what it is.
const HELD_SHARE_MIN: f32 = 1.0 / 3.0;

/// What is enough of a long question, whatever else it asks: so much of what the rarest word there can be says, one that a
/// single passage has.
const HELD_ENOUGH: f32 = 0.9;

/// A question whose terms have been looked up.
pub(super) struct Weighed {
    terms: Vec<WeighedTerm>,
    /// How much a passage must hold of what the question is about.
    needed: f32,
}

/// A term with what it is worth.
struct WeighedTerm {
    term: Term,
    weight: Bm25Weight,
    /// How much it says of what the question is about.
    tells: f32,
}

/// What is added up for a passage.
#[derive(Clone, Copy, Default)]
struct Sum {
    score: f32,
    /// How much of what the question is about is in it.
    held: f32,
}

/// What each term of a question is worth, in the order of terms. Those that no passage has are left out.
pub(super) fn weigh(
    searcher: &Searcher,
    fields: Fields,
    statistics: &Statistics,
    question: &Question,
) -> Result<Weighed, IndexError> {
    let all = statistics.passages;
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for text in question.terms.keys() {
        let term = Term::from_field_text(fields.text, text);
        let passages = passages_with(searcher, fields, &term)?.min(all);
        if passages > 0 {
            found.insert(text, passages);
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "an average is none the worse for it"
    )]
    let average = statistics.terms as f32 / all as f32;
    let weigh = |(text, passages): (&str, u64)| {
        let weight = Bm25Weight::for_one_term_without_explain(passages, all, average);
        let count = question.terms.get(text).copied().unwrap_or_default();
        let tells = question.telling.iter().any(|words| words.contains(text));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a question has some thousand words"
        )]
        WeighedTerm {
            term: Term::from_field_text(fields.text, text),
            weight: weight.boost_by(count as f32),
            tells: if tells { rarity(passages, all) } else { 0.0 },
        }
    };
    // Sums are made in the order of terms, whatever is rare at the moment.
    let terms = rarest(&found).into_iter().map(weigh).collect();
    let needed = needed(&found, all, question);
    Ok(Weighed { terms, needed })
}

/// The rarest of the terms that were found, as many as count.
fn rarest<'t>(found: &BTreeMap<&'t str, u64>) -> BTreeMap<&'t str, u64> {
    let mut rarest: Vec<_> = found
        .iter()
        .map(|(term, passages)| (*passages, *term))
        .collect();
    rarest.sort_unstable();
    rarest.truncate(QUESTION_TERMS_MAX);
    let rarest = rarest.into_iter();
    rarest.map(|(passages, term)| (term, passages)).collect()
}

/// How much a passage must hold of what the question is about, as the language has it that most of it is known in.
///
/// Infinite where it is about nothing: `what can you do` has no word that tells.
fn needed(found: &BTreeMap<&str, u64>, all: u64, question: &Question) -> f32 {
    let about = question.telling.iter().filter(|terms| !terms.is_empty());
    let whole = about.map(|terms| {
        let found = |term: &String| found.get(term.as_str()).copied().unwrap_or_default();
        terms.iter().map(|term| rarity(found(term), all)).sum()
    });
    let whole = whole.fold(f32::INFINITY, f32::min);
    if whole.is_finite() {
        (whole * HELD_SHARE_MIN).min(rarity(1, all) * HELD_ENOUGH)
    } else {
        whole
    }
}

/// How much a term says that so many of all passages have: its inverse document frequency, as BM25 has it.
#[expect(clippy::cast_precision_loss, reason = "rounded, it says as much")]
fn rarity(passages: u64, all: u64) -> f32 {
    let (passages, all) = (passages as f32, all as f32);
    (1.0 + (all - passages + 0.5) / (passages + 0.5)).ln()
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

/// The best passages by their words, best first.
#[derive(Default)]
pub(crate) struct Found {
    /// Of all that have a word of the question.
    pub(crate) any: Vec<Hit>,
    /// Of those that hold enough of what it is about.
    pub(crate) telling: Vec<Hit>,
}

/// Looks for the best passages, as many as asked for of either kind.
pub(super) fn best(
    searcher: &Searcher,
    fields: Fields,
    question: &Weighed,
    limit: usize,
) -> Result<Found, IndexError> {
    let (mut any, mut telling) = (Top::new(limit), Top::new(limit));
    for segment in searcher.segment_readers() {
        let sums = add_up(segment, fields, question)?;
        let columns = segment.fast_fields();
        let (documents, ordinals) = (columns.u64("document")?, columns.u64("ordinal")?);
        for (passage, Sum { score, held }) in (0..).zip(sums) {
            let tells = held >= question.needed;
            let may_be = any.may_take(score) || (tells && telling.may_take(score));
            if score > 0.0 && may_be && !segment.is_deleted(passage) {
                let passage = id(&documents, &ordinals, passage);
                any.take(Hit { passage, score });
                if tells {
                    telling.take(Hit { passage, score });
                }
            }
        }
    }
    let (any, telling) = (any.into_hits(), telling.into_hits());
    Ok(Found { any, telling })
}

fn id(documents: &Column<u64>, ordinals: &Column<u64>, passage: u32) -> PassageId {
    let ordinal = ordinals.first(passage).unwrap_or_default();
    PassageId {
        document: documents.first(passage).unwrap_or_default(),
        ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
    }
}

/// A number for each passage of a segment, the removed ones among them.
fn add_up(
    segment: &SegmentReader,
    fields: Fields,
    question: &Weighed,
) -> Result<Vec<Sum>, IndexError> {
    let count = usize::try_from(segment.max_doc()).unwrap_or(usize::MAX);
    let mut sums = vec![Sum::default(); count];
    let lists = segment.inverted_index(fields.text)?;
    let lengths = segment.get_fieldnorms_reader(fields.text)?;
    for WeighedTerm {
        term,
        weight,
        tells,
    } in &question.terms
    {
        let Some(info) = lists.get_term_info(term).map_err(TantivyError::from)? else {
            continue;
        };
        let option = IndexRecordOption::WithFreqs;
        let list = lists.read_block_postings_from_terminfo(&info, option);
        let mut list = list.map_err(TantivyError::from)?;
        loop {
            add(
                &mut sums,
                weight,
                *tells,
                &lengths,
                list.docs(),
                list.freqs(),
            );
            if list.docs().last().is_none_or(|last| *last == TERMINATED) {
                break;
            }
            list.advance();
        }
    }
    Ok(sums)
}

fn add(
    sums: &mut [Sum],
    weight: &Bm25Weight,
    tells: f32,
    lengths: &FieldNormReader,
    passages: &[u32],
    counts: &[u32],
) {
    for (passage, count) in passages.iter().zip(counts) {
        let sum = usize::try_from(*passage)
            .ok()
            .and_then(|at| sums.get_mut(at));
        if let Some(sum) = sum {
            sum.score += weight.score(lengths.fieldnorm_id(*passage), *count);
            sum.held += tells;
        }
    }
}
