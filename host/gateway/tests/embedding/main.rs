//! A model in a process of its own, behind the walls: this program starts itself, as the command line does.
//!
//! Without the harness, whose arguments are not those of the verb.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

use std::{fs, path::Path, process::ExitCode, time::Duration};

use ravenry_base::worker;
use ravenry_config::embeddings::EmbeddingsSpec;
use ravenry_gateway::{
    embedding::{Embedder, worker as model_worker},
    walls::{Paths, Walls},
};
use ravenry_knowledge::Encoder;
use ravenry_outbound::Egress;

#[path = "../../../knowledge/tests/knowledge/model.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::cast_precision_loss,
    reason = "made for the tests of the encoder, which use all of it"
)]
mod model;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, flag] = arguments.as_slice()
        && verb == model_worker::VERB
    {
        let directory = flag.strip_prefix("--model=").unwrap();
        let done = model_worker::run(Path::new(directory));
        if let Err(words) = &done {
            eprintln!("{words}");
        }
        return if done.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    // Of a harness: what tests are there?
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    worker::enable();
    let (good, bad) = (model::directory(), model::directory());
    fs::remove_file(bad.path().join("tokenizer.json")).unwrap();
    worker::stay_ahead();
    let walls = Walls::raise(
        &[],
        &Paths {
            own: Vec::new(),
            read: [&good, &bad].map(|folder| folder.path().to_owned()).into(),
        },
    );
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(vectors_are_those_of_the_encoder(good.path()));
    runtime.block_on(what_is_missing_is_named(bad.path()));
    runtime.block_on(a_killed_process_is_started_again(good.path()));
    runtime.block_on(no_process_is_left());
    println!("a process for a model ({walls}): ok");
    ExitCode::SUCCESS
}

fn embedder(directory: &Path) -> Embedder {
    let spec = EmbeddingsSpec::Directory(directory.to_owned());
    Embedder::new(&spec, &Egress::new(Vec::new()))
}

async fn vectors_are_those_of_the_encoder(directory: &Path) {
    let encoder = Encoder::open(directory).unwrap();
    let embedder = embedder(directory);
    for call in [
        vec!["the cat".to_owned()],
        // Of a long text the first window.
        vec![String::new(), "dogs, ".repeat(10_000), "猫".to_owned()],
        vec!["\u{1}cat\u{1}".repeat(10_000); 16],
    ] {
        let found = embedder.embed(call.clone()).await.unwrap();
        let cut = |text: &String| text[..text.floor_char_boundary(32 << 10)].to_owned();
        let first = |text: &String| encoder.embed(&cut(text)).swap_remove(0);
        let expected: Vec<_> = call.iter().map(first).collect();
        assert_eq!(found.vectors, expected);
        assert!(found.computed > Duration::ZERO);
    }
    assert_eq!(children().len(), 1);
}

async fn what_is_missing_is_named(directory: &Path) {
    let error = embedder(directory).embed(vec!["a".to_owned()]).await;
    let error = error.unwrap_err().to_string();
    let file = directory.join("tokenizer.json").display().to_string();
    assert!(
        error.contains(&file) && error.contains("name the directory"),
        "{error}"
    );
}

async fn a_killed_process_is_started_again(directory: &Path) {
    no_process_is_left().await;
    let embedder = embedder(directory);
    let text = || vec!["cat".to_owned()];
    let before = embedder.embed(text()).await.unwrap();
    let [child] = children()[..] else {
        panic!("{:?}", children())
    };
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    let error = embedder.embed(text()).await.unwrap_err().to_string();
    assert!(error.contains("signal: 9"), "{error}");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let after = embedder.embed(text()).await.unwrap();
    assert_eq!(before.vectors, after.vectors);
}

/// They end with the last clone of what has started them.
async fn no_process_is_left() {
    for _ in 0..250 {
        if children().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still there: {:?}", children());
}

/// The processes that this one has started, from whichever thread.
fn children() -> Vec<rustix::process::Pid> {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let lists = threads.map(|thread| fs::read_to_string(thread.path().join("children")));
    let texts: Vec<String> = lists.map(Result::unwrap_or_default).collect();
    let ids = texts.iter().flat_map(|text| text.split_whitespace());
    ids.filter_map(|id| rustix::process::Pid::from_raw(id.parse().ok()?))
        .collect()
}
