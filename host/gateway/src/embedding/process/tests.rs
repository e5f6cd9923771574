//! Scripts in the place of the program: they answer, answer nonsense, end, or say nothing.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;

/// How the answer to one text begins, for `printf`: 28 bytes, of which 8 for the time, one vector, three numbers.
const ANSWER: &str =
    r"\034\0\0\0\005\0\0\0\0\0\0\0\001\0\0\0\003\0\0\0\0\0\200\077\0\0\0\100\0\0\100\100";

/// Answers one call after the other. A call is 9 bytes, `["a"]` and its length.
fn good() -> String {
    format!("while [ $(head -c 9 | wc -c) = 9 ]; do printf '{ANSWER}'; done")
}

/// Keeps a process that runs this, and counts how often it is started.
fn keeper(script: impl Into<String>, times: Times) -> (Arc<Keeper>, Arc<AtomicUsize>) {
    let (script, starts) = (script.into(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&starts);
    let start = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = command.stderr(Stdio::piped()).spawn();
        started.map_err(|error| unstarted(&error))
    };
    (Keeper::new(Arc::new(start), times), starts)
}

fn times(call: u64, idle: u64) -> Times {
    Times {
        call: Duration::from_millis(call),
        idle: Duration::from_millis(idle),
    }
}

async fn ask(keeper: &Arc<Keeper>) -> Result<Embedded, String> {
    let call = frames::framed(br#"["a"]"#).unwrap();
    let asked = keeper.ask(call, 1).await;
    asked.map_err(|error| error.to_string())
}

async fn sleep(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[tokio::test]
async fn one_process_answers_all_calls() {
    let (keeper, starts) = keeper(good(), Times::default());
    assert_eq!(starts.load(Ordering::SeqCst), 0);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(async move { ask(&keeper).await })
        })
        .collect();
    for call in calls {
        let embedded = call.await.unwrap().unwrap();
        assert_eq!(embedded.vectors, [[1.0, 2.0, 3.0]]);
        assert_eq!(embedded.computed, Duration::from_micros(5));
    }
    assert_eq!(starts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unused_process_is_ended() {
    let (keeper, starts) = keeper(good(), times(10_000, 300));
    ask(&keeper).await.unwrap();
    // Used in between: it stays.
    sleep(200).await;
    ask(&keeper).await.unwrap();
    sleep(200).await;
    ask(&keeper).await.unwrap();
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    sleep(1000).await;
    assert!(keeper.running.lock().await.is_none());
    ask(&keeper).await.unwrap();
    assert_eq!(starts.load(Ordering::SeqCst), 2);
}

/// Whatever it does, the call fails with a sentence, and the next is held back for a second.
#[tokio::test]
async fn a_broken_process_is_not_started_again_at_once() {
    for (script, why) in [
        (
            "echo 'no model;  get\none' >&2; exit 1",
            "has ended: no model; get one",
        ),
        ("exit 3", "has ended: exit status: 3"),
        ("kill -9 $$", "has ended: signal: 9"),
        (
            "head -c 9 >/dev/null; printf '\\003\\0\\0\\0abc'; sleep 60",
            "something else",
        ),
        ("printf '\\377\\377\\377\\377'; sleep 60", "something else"),
        (
            "head -c 9 >/dev/null; printf '\\034\\0\\0\\0abc'",
            "has ended",
        ),
        ("exec sleep 60", "has not answered within 0.7 s"),
        ("exec 0<&- 1>&-; exec sleep 60", "has ended"),
    ] {
        let (keeper, starts) = keeper(script, times(700, 10_000));
        let said = ask(&keeper).await.unwrap_err();
        assert!(said.contains(why), "{script}: {said}");
        assert_eq!(ask(&keeper).await, Err(said), "{script}");
        assert_eq!(starts.load(Ordering::SeqCst), 1, "{script}");
    }
    let start = || Err("it cannot be started".to_owned());
    let keeper = Keeper::new(Arc::new(start), Times::default());
    assert_eq!(ask(&keeper).await, Err("it cannot be started".to_owned()));
}

#[tokio::test]
async fn a_process_that_has_ended_is_started_again() {
    let once = format!("head -c 9 >/dev/null; printf '{ANSWER}'; exit 0");
    let (keeper, starts) = keeper(once, Times::default());
    ask(&keeper).await.unwrap();
    ask(&keeper).await.unwrap_err();
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    sleep(1100).await;
    ask(&keeper).await.unwrap();
    assert_eq!(starts.load(Ordering::SeqCst), 2);
}

/// The process answers into nowhere, and the next call gets its own answer.
#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_process_whole() {
    let slow = format!("while [ $(head -c 9 | wc -c) = 9 ]; do sleep 0.3; printf '{ANSWER}'; done");
    let (keeper, starts) = keeper(slow, Times::default());
    let dropped = timeout(Duration::from_millis(100), ask(&keeper)).await;
    assert!(dropped.is_err());
    let embedded = ask(&keeper).await.unwrap();
    assert_eq!(embedded.vectors, [[1.0, 2.0, 3.0]]);
    assert_eq!(starts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_process_ends_with_its_keeper() {
    let (keeper, _) = keeper(good(), Times::default());
    ask(&keeper).await.unwrap();
    let id = {
        let running = keeper.running.lock().await;
        running.as_ref().unwrap().child.0.as_ref().unwrap().id()
    };
    let stat = format!("/proc/{id}/stat");
    assert!(std::fs::exists(&stat).unwrap());
    drop(keeper);
    for _ in 0..100 {
        if !std::fs::exists(&stat).unwrap() {
            return;
        }
        sleep(20).await;
    }
    panic!("the process {id} is still there");
}
