//! A bot of the world `bot-async`: every line of the last message is a task, and all of them run at
//! once. A task is a chain of steps, with `;` between them:
//!
//! - `sleep MILLISECONDS`: waits on the clock of WASI 0.3, and lets the other tasks go on;
//! - `block MILLISECONDS`: waits on the clock of WASI 0.2, and nobody goes on;
//! - `say COUNT LENGTH`: that many texts of that many letters;
//! - `spin`: computes for ever;
//! - `hold MEBIBYTES`: takes that much memory, and says whether it got it;
//! - `print TEXT`: a line for the log, through a stream of WASI 0.3;
//! - `count KEY`: adds one to a number of the person's, and says it;
//! - `streams COUNT`: opens that many streams and keeps them;
//! - `never`: waits for something that nobody will do;
//! - `trap`: gives up in the middle;
//! - any other step is said as it is.

#![expect(
    clippy::disallowed_methods,
    reason = "a bot has its instance to itself and may sleep"
)]

mod bindings {
    #![allow(missing_docs, clippy::all, reason = "generated from the WIT")]
    wit_bindgen::generate!({
        path: ["../../../../wit", "wit"],
        world: "ravenry:async-puppet/puppet",
        generate_all,
    });
}

use std::{pin::Pin, time::Duration};

use bindings::{
    exports::ravenry::bot::handler_async::Guest,
    ravenry::bot::{
        reply,
        types::{BotSettings, ErrorReport, Failure, Feedback, Query, Reaction},
    },
    wasi::{
        cli::stdout,
        clocks::monotonic_clock,
        keyvalue::{atomics, store},
    },
};
use futures_lite::future;

struct Bot;

bindings::export!(Bot with_types_in bindings);

fn number(word: Option<&str>) -> usize {
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn hold(mebibytes: usize) {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    for held in 0..mebibytes {
        let mut piece: Vec<u8> = Vec::new();
        if piece.try_reserve_exact(1 << 20).is_err() {
            let _ = reply::text(&format!("refused after {held} MiB;"));
            return;
        }
        piece.resize(1 << 20, 1);
        hoard.push(piece);
    }
    let _ = reply::text(&format!("holding {mebibytes} MiB;"));
    std::mem::forget(hoard);
}

async fn step(step: &str) {
    let mut words = step.split_whitespace();
    match words.next() {
        Some("sleep") => {
            monotonic_clock::wait_for(number(words.next()) as u64 * 1_000_000).await;
        }
        Some("block") => std::thread::sleep(Duration::from_millis(number(words.next()) as u64)),
        Some("say") => {
            let count = number(words.next());
            let text = "x".repeat(number(words.next()));
            (0..count).for_each(|_| drop(reply::text(&text)));
        }
        #[allow(
            clippy::empty_loop,
            reason = "a bot that computes for ever is asked for"
        )]
        Some("spin") => loop {},
        Some("hold") => hold(number(words.next())),
        Some("count") => {
            let counted = store::open("user")
                .and_then(|user| atomics::increment(&user, words.next().unwrap_or_default(), 1));
            let _ = reply::text(&format!("{counted:?};"));
        }
        Some("print") => {
            let (mut writer, reader) = bindings::wit_stream::new();
            let written = stdout::write_via_stream(reader);
            let line = format!("{}\n", words.next().unwrap_or_default());
            writer.write_all(line.into_bytes()).await;
            drop(writer);
            let _ = written.await;
        }
        Some("streams") => {
            for _ in 0..number(words.next()) {
                std::mem::forget(bindings::wit_stream::new::<u8>());
            }
        }
        Some("never") => future::pending().await,
        Some("trap") => std::process::abort(),
        _ => drop(reply::text(step)),
    }
}

async fn task(line: &str) {
    for one in line.split(';') {
        step(one).await;
    }
}

impl Guest for Bot {
    async fn respond(query: Query) -> Result<(), Failure> {
        let text = query
            .messages
            .last()
            .map_or("", |message| message.content.as_str());
        let mut all: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future::ready(()));
        for line in text.lines() {
            all = Box::pin(async move {
                future::zip(all, task(line)).await;
            });
        }
        all.await;
        Ok(())
    }

    async fn settings() -> BotSettings {
        monotonic_clock::wait_for(1_000_000).await;
        BotSettings {
            server_bot_dependencies: Vec::new(),
            allow_attachments: None,
            expand_text_attachments: None,
            enable_image_comprehension: None,
            introduction_message: Some("I wait before I answer.".to_owned()),
            enforce_author_role_alternation: None,
            enable_multi_entity_prompting: None,
            rate_card: None,
            cost_label: None,
            parameter_controls: None,
            extra: None,
        }
    }

    async fn on_feedback(feedback: Feedback) {
        monotonic_clock::wait_for(1_000_000).await;
        println!("feedback {}", feedback.feedback_type);
    }

    async fn on_reaction(reaction: Reaction) {
        println!("reaction {}", reaction.reaction);
    }

    async fn on_error(report: ErrorReport) {
        println!("error {}", report.message);
    }
}
