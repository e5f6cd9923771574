//! What is kept of samples, and which scraper gets a page.

use std::process::Command;

use super::*;
use crate::metrics::{BotMetrics, ReplyFacts};

/// Replies that are counted: without upkeep they would leave 160 MB of samples.
const REPLIES: u32 = 2_000_000;

/// Most memory that they may have taken at once, with the program itself.
const RESIDENT_BYTES_MAX: u64 = 64 << 20;

/// A recorder of a test, its bot, and what looks after it.
fn kept(upkeep_every: Duration) -> (Metrics, BotMetrics) {
    let recorder = builder().unwrap().build_recorder();
    let metrics = Metrics::keep(recorder.handle(), upkeep_every).unwrap();
    let bot = ::metrics::with_local_recorder(&recorder, || BotMetrics::new("acme", "cat"));
    (metrics, bot)
}

fn reply() -> ReplyFacts {
    ReplyFacts {
        outcome: "finished",
        first_event: Some(Duration::from_millis(1)),
        ..ReplyFacts::default()
    }
}

/// The most memory that this process has had at once.
fn peak_resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes = peak.trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() * 1024
}

/// Nothing scrapes, and samples come: what is kept of them does not grow.
#[test]
fn samples_do_not_pile_up() {
    // In a process of its own: what its neighbours take would hide it.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "telemetry::recorder::tests::count_many_replies"])
        .args(["--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "the test above runs it, in a process of its own"]
fn count_many_replies() {
    let (metrics, bot) = kept(Duration::from_millis(1));
    for _ in 0..REPLIES {
        bot.reply(&reply());
    }
    let peak = peak_resident_bytes();
    assert!(
        peak < RESIDENT_BYTES_MAX,
        "{peak} bytes were taken at once for {REPLIES} replies"
    );
    drop(metrics);
}

/// While a page is rendered, the thread that serves goes on; each scrape that waits gets all that was counted.
#[tokio::test]
async fn pages_are_rendered_elsewhere() {
    let (metrics, bot) = kept(Duration::from_hours(1));
    bot.reply(&reply());
    let (first, second) = tokio::join!(metrics.render(), metrics.render());
    let line = "ravenry_reply_duration_seconds_count{tenant=\"acme\",bot=\"cat\"} 1\n";
    for page in [first, second] {
        let page = page.unwrap();
        let page = str::from_utf8(&page).unwrap();
        assert!(page.contains(line), "{page}");
    }
}

/// A reply is counted through handles: the registry, which only the first of its kind can find here,
/// is not asked again. What has not happened is not shown.
#[tokio::test]
async fn counting_a_reply_looks_nothing_up() {
    let recorder = builder().unwrap().build_recorder();
    let metrics = Metrics::keep(recorder.handle(), Duration::from_hours(1)).unwrap();
    let failed = ReplyFacts {
        outcome: "failed",
        ..ReplyFacts::default()
    };
    let bot = ::metrics::with_local_recorder(&recorder, || {
        let bot = BotMetrics::new("acme", "cat");
        bot.reply(&failed);
        bot
    });
    bot.clone().reply(&failed);
    bot.reply(&reply());
    let page = metrics.render().await.unwrap();
    let mut replies: Vec<&str> = str::from_utf8(&page)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("ravenry_replies_total{tenant=\"acme\",bot=\"cat\","))
        .collect();
    replies.sort_unstable();
    assert_eq!(
        replies,
        ["outcome=\"failed\"} 2", "outcome=\"finished\"} 1"]
    );
}

/// A scraper that has left waits for nothing, and is in no other's way.
#[tokio::test]
async fn scrapers_who_leave_are_let_go() {
    let (metrics, _) = kept(Duration::from_hours(1));
    for _ in 0..10 * SCRAPES_MAX {
        let mut left = Box::pin(metrics.render());
        std::future::poll_fn(|context| {
            let _ = left.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(left);
        // The queue may be full of them for a moment.
        while metrics.render().await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}
