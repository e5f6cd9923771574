//! Connections: a reader who leaves, and two who come at once. It goes last, because a bot that is
//! disturbed by the one disturbs all other probes.

use tokio::time::Instant;

use super::{
    probe::{Prober, Reply},
    query::Measure,
    query_builder::Draft,
};
use crate::client::Post;
use ravenry_protocol::rules;

/// Words that an answer shows when it repeats its question; they have no letter in common with each
/// other's beginning, and no bot is called so.
const MARKS: [&str; 2] = ["heronword", "walrusword"];

fn asking(word: &str) -> Post {
    let words =
        format!("This is an automatic check of your bot. Please answer with the word {word}.");
    (&Draft::new(&words).body()).into()
}

/// Hangs up, then asks two questions at once.
pub(super) async fn probe(prober: &Prober<'_>, measure: Option<Measure>) {
    let Some(measure) = measure else {
        let why = "a plain query is not answered with events";
        prober.not_applicable(&rules::HANG_UP, why);
        prober.not_applicable(&rules::AT_ONCE, why);
        return;
    };
    let [heron, walrus] = MARKS;
    let deadline = Instant::now() + prober.patience;
    let hung_up = prober.open(prober.target, asking(heron), deadline).await;
    drop(hung_up);
    let (one, other) = tokio::join!(prober.query(asking(heron)), prober.query(asking(walrus)));
    let (first, second) = (measure.met(&one), measure.met(&other));
    let expected = "an answer";
    let asked = "two queries at once, after one was hung up on";
    let (rule, (got, bytes)) = match (first, second) {
        (Ok(first), Ok(second)) => {
            prober.judged(asked, first);
            prober.judged(asked, second);
            prober.passed(&rules::HANG_UP);
            return mixed_up(prober, first, second);
        }
        // Of two, one is answered: the reader who left is not to blame.
        (Ok(_), Err(came)) | (Err(came), Ok(_)) => {
            prober.passed(&rules::HANG_UP);
            (&rules::AT_ONCE, came)
        }
        (Err(came), Err(_)) => {
            let why = "nothing is answered after a client hung up";
            prober.not_applicable(&rules::AT_ONCE, why);
            (&rules::HANG_UP, came)
        }
    };
    prober.failed(rule, asked, expected, &got, &bytes);
}

/// Whether an answer has the other question's word in it, and not its own.
fn mixed_up(prober: &Prober<'_>, first: &Reply, second: &Reply) {
    let [heron, walrus] = MARKS;
    let wrong = |reply: &Reply, own: &str, other: &str| {
        reply.said.contains(other) && !reply.said.contains(own)
    };
    let rule = &rules::AT_ONCE;
    let asked = "two queries at once";
    let mixed = [(first, heron, walrus), (second, walrus, heron)]
        .into_iter()
        .find(|(reply, own, other)| wrong(reply, own, other));
    match mixed {
        Some((_, own, other)) => {
            let (expected, got) = (format!("`{own}`"), format!("`{other}`"));
            prober.failed(rule, asked, &expected, &got, "");
        }
        None => prober.passed(rule),
    }
}
