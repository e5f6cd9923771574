//! Readers who leave, at each step of each sample: whoever was asked is hung up, and nothing runs on.

use super::{Sample, failing::chains, versus};
use crate::sample_tests::failures::who_leaves_hangs_up;

#[test]
fn who_leaves_at_any_step_hangs_up_on_the_bot_that_was_asked() {
    who_leaves_hangs_up(&chains());
}

#[test]
fn who_leaves_hangs_up_on_both_rivals() {
    versus::who_leaves_hangs_up_on_both(&Sample::in_rust("versus"));
}
