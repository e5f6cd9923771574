//! Tells of money that was asked for in a person's name and is not settled: by a reply that has ended,
//! or by one that a crash has ended. Once in the log, once in the metrics.

use std::io;

use crate::{
    charges::{Heading, Journal, LeftOpen, Tally},
    metrics,
};
use ravenry_protocol::cost::Operation;

/// How replies end whose process was killed.
const CRASHED: &str = "crashed";

/// Tells of what a reply has left open, if anything.
pub(crate) fn tell(heading: &Heading, tally: &Tally, outcome: &'static str) {
    let Heading {
        tenant,
        bot,
        reference,
        bot_query_id,
    } = heading;
    macro_rules! line {
        ($level:ident, $milli_cents:ident, $hint:literal, $message:literal) => {
            tracing::$level!(
                target: "query", tenant, bot, reference, outcome, bot_query_id, milli_cents = $milli_cents,
                hint = $hint, $message
            )
        };
    }
    let uncaptured = tally.uncaptured();
    if uncaptured > 0 {
        metrics::uncaptured(tenant, bot, uncaptured);
        line!(
            warn,
            uncaptured,
            "the person has not paid it; if the reply was worth it, settle it with the platform by the `bot_query_id`",
            "the reply authorized an amount that it did not capture"
        );
    }
    let capture = tally.unknown(Operation::Capture);
    if capture > 0 {
        metrics::unknown_charge(tenant, bot, Operation::Capture.label(), capture);
        line!(
            error,
            capture,
            "it is not sent again; ask the platform by the `bot_query_id` whether the person has paid it",
            "the reply sent a charge, and it is unknown whether it was made"
        );
    }
    let authorize = tally.unknown(Operation::Authorize);
    if authorize > 0 {
        metrics::unknown_charge(tenant, bot, Operation::Authorize.label(), authorize);
        line!(
            warn,
            authorize,
            "the person has not paid it; it is not sent again",
            "the reply sent an authorization, and it is unknown whether it was granted"
        );
    }
}

/// Tells of what replies of processes that are gone have left open. Blocks.
///
/// # Errors
/// The records cannot be looked through.
pub(crate) fn tell_left_open(journal: &Journal) -> io::Result<()> {
    journal.left_open(|left| match left {
        LeftOpen::Charges(heading, tally) => tell(heading, tally, CRASHED),
        LeftOpen::Unreadable(file, error) => tracing::error!(
            file = %file.display(), %error,
            hint = "look at it, and remove it: it may tell of money that a reply has asked for",
            "a record of charges cannot be read or removed"
        ),
    })
}
