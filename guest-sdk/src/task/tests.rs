//! Waiting together takes as long as the longest wait, and no executor is needed to see it.

use std::time::Duration;

use super::*;
use crate::{
    AsyncBot, Bot, Failure, Query, Reply, Result, Settings, poe,
    testing::{Scene, Script, now},
    time,
};

const SECOND: Duration = Duration::from_secs(1);

/// Runs a future in a scene; its value, and the time that it took.
fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    Scene::default().during(|| (block_on(future), now()))
}

async fn after<T>(seconds: u32, value: T) -> T {
    time::sleep_async(SECOND * seconds).await;
    value
}

#[test]
fn waits_overlap() {
    assert_eq!(
        timed(join(after(1, 'a'), after(2, 'b'))),
        (('a', 'b'), SECOND * 2)
    );
    let three = join_all([after(3, 'a'), after(1, 'b'), after(2, 'c')]);
    assert_eq!(timed(three), (vec!['a', 'b', 'c'], SECOND * 3));
    assert_eq!(
        timed(join_all(Vec::<std::future::Ready<()>>::new())),
        (vec![], Duration::ZERO)
    );
}

#[test]
fn the_first_failure_and_the_first_result_end_a_wait() {
    let failing = try_join(after(1, Err::<(), _>('x')), after(9, Ok::<(), char>(())));
    assert_eq!(timed(failing), (Err('x'), SECOND));
    let fine = try_join(after(1, Ok::<_, ()>('a')), after(2, Ok('b')));
    assert_eq!(timed(fine), (Ok(('a', 'b')), SECOND * 2));
    assert_eq!(timed(race(after(2, 'a'), after(1, 'b'))), ('b', SECOND));
    assert_eq!(
        timed(race(after(0, 'a'), after(0, 'b'))),
        ('a', Duration::ZERO)
    );
}

/// One after the other, waits add up; a wait within a wait is no trouble.
#[test]
fn waits_one_after_the_other_add_up() {
    let nested = async {
        after(1, ()).await;
        join(after(2, 1), async {
            after(1, ()).await;
            after(3, 2).await
        })
        .await
    };
    assert_eq!(timed(nested), ((1, 2), SECOND * 5));
}

/// Standing still makes everything stand still.
#[test]
fn a_blocking_sleep_holds_all_others_up() {
    let both = join(after(1, ()), async { time::sleep(SECOND * 5) });
    assert_eq!(timed(both).1, SECOND * 5);
}

#[test]
#[should_panic(expected = "no task can bring about")]
fn waiting_for_nothing_fails_a_test() {
    timed(std::future::pending::<()>());
}

#[test]
fn without_a_scene_the_clock_is_the_real_one() {
    let before = std::time::Instant::now();
    block_on(time::sleep_async(Duration::from_millis(3)));
    time::sleep(Duration::from_millis(3));
    assert!(before.elapsed() >= Duration::from_millis(6));
}

/// Asks two bots and one clock at once.
struct Both;

impl AsyncBot for Both {
    async fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let patience = async {
            after(4, ()).await;
            Result::<(String, String)>::Err(Failure::new("Too slow.").into())
        };
        let answers = async {
            let (a, b) = (poe::ask("A").text_async(), poe::ask("B").text_async());
            Ok(try_join(a, b).await?)
        };
        let (a, b) = race(answers, patience).await?;
        write!(reply, "{a} {b}")
    }

    fn settings(&self) -> Settings {
        Settings::default().calls("A", 1).calls("B", 1)
    }

    fn inserts_attachments(&self) -> bool {
        false
    }
}

#[test]
fn an_async_bot_is_a_bot() {
    let bot: &dyn Bot = &Both;
    assert_eq!(bot.settings().server_bot_dependencies.len(), 2);
    assert!(!bot.inserts_attachments());
    let slow = |seconds: u32| Script::new().wait(SECOND * seconds).text("x");
    let scene = |a, b| Scene::default().bot("A", slow(a)).bot("B", slow(b));
    let fast = scene(2, 3).ask(bot, "hi");
    assert_eq!(
        fast.to_string(),
        "wait 3s\ntext {\"text\":\"x x\"}\ndone {}\n"
    );
    let slow = scene(2, 9).ask(&Both, "hi");
    assert_eq!(
        (slow.failure(), slow.took),
        (Some(&Failure::new("Too slow.")), SECOND * 4)
    );
}
