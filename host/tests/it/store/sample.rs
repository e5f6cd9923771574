//! The sample that remembers.

use crate::sample_tests::{Sample, notes};

#[test]
fn notes_are_kept_for_each_person() {
    let sample = Sample::in_rust("notes");
    notes::keeps_what_each_person_says(&sample);
    notes::loses_no_note(&sample);
}
