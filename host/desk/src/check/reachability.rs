//! Whether there is a bot at all: if not, one sentence and what to do, instead of seventy failures.

use super::{
    probe::{Reply, Silence},
    settings,
};
use crate::client::{Target, WholeAnswer};
use ravenry_base::report::Problem;

/// What is wrong where neither settings nor a plain query are answered as a bot would.
pub(super) fn there(
    target: &Target,
    settings: &Result<WholeAnswer, Silence>,
    plain: &Result<Reply, Silence>,
) -> Option<Problem> {
    let url = &target.url;
    match (settings, plain) {
        (Ok(told), _) if settings::are_of_a_bot(told) => None,
        (_, Ok(reply)) if reply.is_stream => None,
        (Err(silence), Err(_)) => Some(Problem {
            message: format!("{url} does not answer"),
            causes: vec![silence.why.clone()],
            hint: silence.hint.clone(),
            ..Problem::default()
        }),
        (Ok(told), Ok(reply))
            if [told.status, reply.status]
                .iter()
                .all(|s| matches!(s, 401 | 403)) =>
        {
            let (message, hint) = if target.key.is_some() {
                (
                    format!("{url} refuses this access key"),
                    "give the key that Poe shows for this bot: `--key-env NAME`, or RAVENRY_KEY",
                )
            } else {
                (
                    format!("{url} wants an access key"),
                    "put it into the variable RAVENRY_KEY, or name another: `--key-env NAME`",
                )
            };
            Some(Problem {
                message,
                causes: vec![format!("it answers with status {}", told.status)],
                hint: Some(hint.to_owned()),
                ..Problem::default()
            })
        }
        _ => {
            let came = |words: &str, came: Result<u16, &str>| match came {
                Ok(status) => format!("{words} is answered with status {status}"),
                Err(why) => format!("{words} is not answered: {why}"),
            };
            let told = settings.as_ref().map(|told| told.status);
            let reply = plain.as_ref().map(|reply| reply.status);
            let status = reply.as_ref().ok().copied();
            Some(Problem {
                message: format!("{url} is no bot"),
                causes: vec![
                    came("a query", reply.map_err(|silence| silence.why.as_str())),
                    came(
                        "a request for settings",
                        told.map_err(|silence| silence.why.as_str()),
                    ),
                ],
                hint: Some(hint(status).to_owned()),
                ..Problem::default()
            })
        }
    }
}

/// What to do about a status in the place of an event stream.
fn hint(status: Option<u16>) -> &'static str {
    match status {
        Some(404) => "correct the path of the URL",
        Some(405) => "correct the path of the URL: what is there takes no POST",
        Some(300..=399) => "give the URL that it sends its visitors to",
        Some(500..) => "look into the log of its server",
        _ => "a bot answers a query with an event stream: correct the URL",
    }
}
