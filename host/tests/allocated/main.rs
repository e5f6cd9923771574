//! What a guest or a caller makes the gateway keep is booked: an allocator that counts holds the books against
//! what is allocated, while every hostile guest is served in this process.
//!
//! Counted is what comes from the allocator. Linear memories, tables and stacks of guests are mapped, and what is
//! booked for the former two is left out of the comparison.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

mod counting;
#[path = "../harness/guests.rs"]
#[expect(dead_code, reason = "other tests ask for more")]
mod guests;
mod scene;

use std::{fmt::Write as _, time::Duration};

use self::{
    counting::{Counting, beyond, booked, forget, with_slack},
    scene::{Scene, peaks, query, request, still, still_for, until},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: i64 = 1 << 20;

/// Guests that are not even mounted.
const UNFIT: [&str; 2] = ["huge-minimum-memory", "hundred-memories"];

/// What the hostile guests may have. What is left out is as it always is.
const LIMITS: &str = "limits = { cpu = \"300ms\", wall_time = \"2s\" }";

/// What all guests together may take beyond what is booked, while one of their calls is carried out: what it
/// brings along (16 MiB, where no larger file may be uploaded), and what the host makes of it.
const CALL_BYTES: i64 = 48 * MIB;

/// What may be kept beyond what is booked while everybody waits: one connection, and what the runtime keeps.
const KEPT_BYTES: i64 = MIB / 4;

#[test]
fn what_is_kept_is_booked() {
    let hostile = guests::hostile_names();
    let hostile: Vec<&str> = hostile
        .iter()
        .map(String::as_str)
        .filter(|name| !UNFIT.contains(name))
        .collect();
    let mut manifest = String::new();
    for name in &hostile {
        writeln!(
            manifest,
            "[bot.{name}]\nsource = \"./{name}.wasm\"\n{LIMITS}"
        )
        .unwrap();
    }
    for (bot, limits) in HOARDERS {
        let large = "x".repeat(100_000);
        writeln!(
            manifest,
            "[bot.{bot}]\nsource = \"./hoards.wasm\"\nlimits = {{ {limits} }}\nconfig = {{ LARGE = \"{large}\" }}"
        )
        .unwrap();
    }
    writeln!(
        manifest,
        "[bot.tables]\nsource = \"./table-bomb.wasm\"\n{TABLES_LIMITS}"
    )
    .unwrap();
    let components: Vec<_> = hostile
        .iter()
        .map(|name| (*name, guests::component(name)))
        .collect();
    let scene = Scene::serve(&manifest, &components);
    for name in hostile {
        answered(&scene, name);
    }
    tables_grow(&scene);
    replies_leave_nothing(&scene);
    for hoard in &HOARDS {
        kept(&scene, hoard);
    }
}

/// One attack from its beginning to its end.
fn answered(scene: &Scene, name: &str) {
    let (idle, request) = (begin(), request(name, &query(&["hi"])));
    scene.ask(&request);
    let memory: i64 = peaks(1).iter().sum();
    let over = beyond(memory) - idle;
    eprintln!("{name}: {over} beyond");
    assert!(over < CALL_BYTES, "{name}: {over} bytes are not booked");
    end(name, idle);
}

/// So many that a few bytes for each would show.
const REPLIES: usize = 6000;

/// Nobody reads metrics here: what was counted is not kept until somebody does.
fn replies_leave_nothing(scene: &Scene) {
    let (idle, request) = (begin(), request("trap-in-reports", &query(&["hi"])));
    for _ in 0..REPLIES {
        scene.ask(&request);
    }
    peaks(REPLIES);
    end("replies", idle);
}

/// So much memory that its place is made for the call: there tables are allocated, and move when they grow.
const TABLES_LIMITS: &str =
    "limits = { memory = \"300MiB\", cpu = \"60s\", wall_time = \"2m\", events = 3000 }";

/// What that guest has besides its tables, in bytes: 17 pages of memory.
const TABLES_MEMORY: i64 = 17 * 64 * 1024;

/// What an element of a table takes when it moves is booked before.
fn tables_grow(scene: &Scene) {
    let (idle, request) = (begin(), request("tables", &query(&["hi"])));
    scene.ask(&request);
    let tables = peaks(1).iter().sum::<i64>() - TABLES_MEMORY;
    let over = beyond(TABLES_MEMORY) - idle;
    eprintln!("tables: {tables} counted, {over} beyond");
    assert!(tables > 16 * MIB, "only {tables} bytes of tables");
    assert!(over < MIB, "tables: {over} bytes are not booked");
    end("tables", idle);
}

/// Waits for a quiet moment. What is alive then belongs to nobody.
fn begin() -> i64 {
    let idle = still();
    forget();
    idle
}

/// All comes back.
fn end(name: &str, idle: i64) {
    until("nothing is booked", || booked() == 0);
    let left = still() - idle;
    assert!(left < KEPT_BYTES, "{name}: {left} bytes have stayed");
}

/// Bots that have things kept, and their limits. They have as much in their settings as one may.
const HOARDERS: [(&str, &str); 2] = [
    (
        "hoard",
        "cpu = \"60s\", text = 1000000000, events = 1000000",
    ),
    ("queue", "running = 1, queue_wait = \"10m\""),
];

/// Something that is kept, by replies that wait.
struct Hoard {
    /// What the guest does.
    command: &'static str,
    /// How many messages stand before it in the conversation.
    before: usize,
    bot: &'static str,
    replies: usize,
    /// How much must be alive: else nothing was kept, and nothing is proven.
    bytes_min: i64,
}

const HOARDS: [Hoard; 9] = [
    hoard(16, "hoard", "wait", 0, 0),
    hoard(4, "hoard", "text 511000", 0, 16 * MIB),
    hoard(16, "hoard", "texts 1 2000", 0, MIB),
    hoard(2, "hoard", "fields 400 15000", 0, 8 * MIB),
    hoard(2, "hoard", "requests 400 15000", 0, 8 * MIB),
    hoard(2, "hoard", "authorize 15000000", 0, 0),
    hoard(2, "hoard", "file 3000", 0, 0),
    hoard(2, "hoard", "raw 20", 50_000, 4 * MIB),
    hoard(8, "queue", "wait", 50_000, 20 * MIB),
];

const fn hoard(
    replies: usize,
    bot: &'static str,
    command: &'static str,
    before: usize,
    bytes_min: i64,
) -> Hoard {
    Hoard {
        command,
        before,
        bot,
        replies,
        bytes_min,
    }
}

/// What is kept is written in one go of six megabytes, with pauses between allocations in a development build.
const HOARDED: Duration = Duration::from_secs(2);

/// Replies that nobody reads, while their guests wait.
fn kept(scene: &Scene, hoard: &Hoard) {
    let mut messages = vec![""; hoard.before];
    messages.push(hoard.command);
    let query = query(&messages);
    let request = request(hoard.bot, &query);
    drop(messages);
    let idle = begin();
    let mut deaf = Vec::with_capacity(hoard.replies);
    for _ in 0..hoard.replies {
        deaf.push(scene.send(&request));
    }
    let (held, books) = (still_for(HOARDED) - idle, booked());
    drop(deaf);
    let text = i64::try_from(query.len()).unwrap();
    until("nothing is booked", || booked() == 0);
    let memory: i64 = peaks(hoard.replies)
        .iter()
        .map(|peak| (peak - text).max(0))
        .sum();
    let (over, worst) = (held - with_slack(books - memory), beyond(memory) - idle);
    eprintln!(
        "{} × {}: {held} held, {books} booked, {memory} of it memories: {over} beyond, {worst} at the worst",
        hoard.replies, hoard.command
    );
    assert!(
        held >= hoard.bytes_min,
        "{}: only {held} bytes",
        hoard.command
    );
    assert!(
        over < KEPT_BYTES,
        "{}: {over} bytes are not booked",
        hoard.command
    );
    end(hoard.command, idle);
}
