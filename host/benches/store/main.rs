//! Compares what bots keep with one native thread that writes to SQLite: `cargo bench --bench store`.
//!
//! A bot uses its store in a loop, so that HTTP is a small part of what is measured: each reply is many
//! operations, counted when it says that all of them were done. Beside it stand threads with the same SQLite, the
//! same pragmas and the same disk, and no gateway (`native.rs`). The cases take turns, round by round, and what
//! counts are ratios of medians.
//!
//! Besides: what a query costs that does not use the store, in a gateway where another bot did, and what the store
//! takes of memory. The gateway is a process of its own, whose processor time does not hold that of its clients;
//! that of the native threads does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring program may fall over, prints what it measures, and rounds it"
)]

#[path = "../compare/components.rs"]
#[expect(dead_code, reason = "other comparisons have other components")]
mod components;
#[path = "../compare/contender.rs"]
#[expect(dead_code, reason = "other comparisons measure more")]
mod contender;
#[path = "../compare/figures.rs"]
mod figures;
mod gateway;
#[path = "../compare/load.rs"]
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;
mod native;

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use components::build_guest;
use contender::Contender;
use figures::median;
use gateway::Bots;
use load::Load;
use native::Native;

/// How often each case has its turn.
const ROUNDS: usize = 5;
/// How long a turn takes.
const TURN: Duration = Duration::from_millis(1500);
/// A first turn, which does not count, and leaves values to read.
const WARM: Duration = Duration::from_millis(300);
/// Bytes of a value.
const VALUE_BYTES: usize = 100;
/// How often the disk is asked to sync.
const SYNCS: usize = 100;
/// Clients of the bot that uses no store, and the texts of its answer.
const OTHERS: usize = 16;
const TEXTS: usize = 3;
/// Fresh gateways whose memory is measured, and what is asked of each: by so many clients, so often. As many as
/// the store has connections: with more it would be replies that wait which are measured.
const MEASURED: usize = 3;
const USERS: usize = 4;
const USES: usize = 100;

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Set,
    /// Adds to a number that is there: a read and a write.
    Add,
    Get,
}

impl Work {
    /// How the keys begin. The values that are set are those that are read.
    fn prefix(self) -> &'static str {
        match self {
            Self::Set | Self::Get => "v",
            Self::Add => "n",
        }
    }
}

/// What one turn found.
#[derive(Clone, Copy)]
struct Done {
    operations: u64,
    seconds: f64,
    /// Seconds of processor time.
    cpu: f64,
}

/// A row of the table: what so many clients do, and how many operations are one reply.
struct Case {
    words: &'static str,
    work: Work,
    clients: usize,
    each: u64,
}

/// The fewer clients there are, the more operations are one reply: it takes some tenths of a second.
const CASES: [Case; 6] = [
    Case {
        words: "set, 1 client",
        work: Work::Set,
        clients: 1,
        each: 100,
    },
    Case {
        words: "set, 64 clients",
        work: Work::Set,
        clients: 64,
        each: 25,
    },
    Case {
        words: "increment, 1 client",
        work: Work::Add,
        clients: 1,
        each: 100,
    },
    Case {
        words: "increment, 64 clients",
        work: Work::Add,
        clients: 64,
        each: 25,
    },
    Case {
        words: "get, 1 client",
        work: Work::Get,
        clients: 1,
        each: 1_000,
    },
    Case {
        words: "get, 64 clients",
        work: Work::Get,
        clients: 64,
        each: 100,
    },
];

/// All turns of a case.
#[derive(Default)]
struct Turns {
    gateway: Vec<Done>,
    native: Vec<Done>,
    /// Reads that one native thread does for all.
    in_one_thread: Vec<Done>,
}

impl Turns {
    fn add(&mut self, case: &Case, gateway: &mut Contender, native: &Native, time: Duration) {
        let many = (case.clients, case.each);
        self.gateway
            .push(gateway::run(gateway, case.work, many, time));
        self.native.push(native.run(case.work, case.clients, time));
        if case.work == Work::Get {
            let done = native.run_in_one_thread(case.clients, time);
            self.in_one_thread.push(done);
        }
    }

    fn print(&self, case: &Case) {
        line(case.words, &self.gateway, &self.native);
        if !self.in_one_thread.is_empty() {
            line(
                "  by one thread for all",
                &self.gateway,
                &self.in_one_thread,
            );
        }
    }
}

fn line(words: &str, gateway: &[Done], native: &[Done]) {
    let rate = |turns: &[Done]| {
        let rates = turns.iter();
        median(
            rates
                .map(|done| done.operations as f64 / done.seconds)
                .collect(),
        )
    };
    let cost = |turns: &[Done]| {
        let costs = turns.iter();
        median(
            costs
                .map(|done| done.cpu / done.operations as f64)
                .collect(),
        )
    };
    println!(
        "  {words:<24} {:>8.0} /s {:>8.0} /s   {:>5.2}  0.7   {:>7.1} µs {:>7.1} µs   {:>5.1}",
        rate(gateway),
        rate(native),
        rate(gateway) / rate(native),
        cost(gateway) * 1e6,
        cost(native) * 1e6,
        cost(gateway) / cost(native),
    );
}

/// Operations beside native threads.
fn compare(bots: &Bots, directory: &Path) {
    let mut gateway = gateway::start(bots, directory);
    let native = Native::start(directory);
    for case in &CASES {
        Turns::default().add(case, &mut gateway, &native, WARM);
    }
    let mut all: [Turns; CASES.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (turns, case) in all.iter_mut().zip(&CASES) {
            turns.add(case, &mut gateway, &native, TURN);
        }
    }
    println!(
        "operations on values of {VALUE_BYTES} bytes, medians of {ROUNDS} turns of {TURN:?}; writes beside one \
         native thread\nthat joins them, reads beside clients that each have a connection, and beside one thread:"
    );
    println!(
        "  {:<24} {:>11} {:>11}   {:>5}  {:<3}   {:>10} {:>10}   {:>5}",
        "", "gateway", "native", "ratio", "aim", "processor", "native", "ratio"
    );
    for (turns, case) in all.iter().zip(&CASES) {
        turns.print(case);
    }
    println!("  more is better on the left; on the right is the processor time of one operation");
}

/// A query that does not use the store, where another bot has used it, and where none has.
fn beside_a_store(bots: &Bots, directory: &Path) {
    let mut gateways = [
        gateway::start(bots, directory),
        gateway::start(bots, directory),
    ];
    gateway::ask(&gateways[1], USE, USERS, USES);
    let mut turns: [Vec<(f64, f64)>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (turns, gateway) in turns.iter_mut().zip(&mut gateways) {
            let load = Load {
                address: gateway.address,
                path: gateway.path,
                clients: OTHERS,
                texts: TEXTS,
            };
            let before = gateway.cpu_seconds();
            let rate = load.run(TURN);
            let used = gateway.cpu_seconds() - before;
            gateway.assert_runs();
            turns.push((rate, used / (rate * TURN.as_secs_f64())));
        }
    }
    let of = |turns: &[(f64, f64)]| {
        let (rates, costs) = turns.iter().copied().unzip();
        (median(rates), median(costs))
    };
    let [without, with] = turns.each_ref().map(|turns| of(turns));
    println!("a query to a bot that does not use the store, {OTHERS} clients, {TEXTS} texts:");
    for (words, found) in [("no bot uses it", without), ("another bot has", with)] {
        println!(
            "  {words:<24} {:>8.0} /s ({:.2})   {:>5.1} µs of processor each ({:.2}; aim 1.0)",
            found.0,
            found.0 / without.0,
            found.1 * 1e6,
            found.1 / without.1,
        );
    }
    println!("  what the store costs those who leave it alone, once it is open");
}

/// Steps that use the store, and as many that do not.
const USE: &str = r#"[["set","bot","KEY",100],["add","bot","nKEY",1],["get","bot","KEY"]]"#;
const NO_USE: &str = r#"[["open","bot"],["open","bot"],["open","bot"]]"#;

/// Memory of gateways that were asked the same number of queries, without the store and with it.
fn memory(bots: &Bots, directory: &Path) {
    let mut found: [[Vec<f64>; 2]; 2] = Default::default();
    for _ in 0..MEASURED {
        for (found, steps) in found.iter_mut().zip([NO_USE, USE]) {
            let mut gateway = gateway::start(bots, directory);
            gateway::ask(&gateway, steps, USERS, USES);
            found[0].push(gateway.resident_kib() as f64);
            found[1].push(gateway.anonymous_kib() as f64);
            gateway.assert_runs();
        }
    }
    let [without, with] = found.map(|found| found.map(median));
    println!(
        "memory of the gateway after {} queries, medians of {MEASURED}:",
        USERS * USES
    );
    for (words, kib) in [("no bot uses the store", without), ("a bot does", with)] {
        println!(
            "  {words:<24} {:>8.0} KiB resident, {:>8.0} of it not in files",
            kib[0], kib[1]
        );
    }
    println!(
        "  an open store takes {:.0} KiB, {:.0} of it not in files",
        with[0] - without[0],
        with[1] - without[1]
    );
}

/// Seconds that a sync of a small file takes.
fn sync_seconds(directory: &Path) -> f64 {
    let mut file = File::create(directory.join("synced")).unwrap();
    let sync = || {
        file.rewind().unwrap();
        file.write_all(&[1; 4096]).unwrap();
        let start = Instant::now();
        file.sync_all().unwrap();
        start.elapsed().as_secs_f64()
    };
    median(std::iter::repeat_with(sync).take(SYNCS).collect())
}

fn main() {
    // Where the system keeps temporary files there may be no disk, and then a sync is nothing.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let directory = directory.path();
    let bots = Bots {
        keeper: build_guest("keeper", directory),
        other: build_guest("puppet", directory),
    };
    println!(
        "a sync of a small file takes {:.2} ms here (median of {SYNCS}): what one write waits for at least",
        sync_seconds(directory) * 1e3
    );
    compare(&bots, directory);
    beside_a_store(&bots, directory);
    memory(&bots, directory);
}
