//! Compares the gateway with a native axum handler that says the same bytes, and with a bot on
//! `fastapi_poe` where Python has it: `cargo bench --bench compare`.
//!
//! Every contender is a process of its own; the load comes from this one, over loopback, with
//! connections that are kept open. The contenders take turns, round by round, and what is printed
//! are ratios of medians: the machine may be slow, it is equally slow for all. Processor time is that
//! of the server alone, and says more than the rate where the load shares its cores.
//!
//! `-- "64 clients"` measures only those cases whose title has these words.
//!
//! The gateway is measured twice: without a log, which the others do not write either, and with the
//! log that it writes by default, into a file.

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

#[expect(dead_code, reason = "other comparisons have other components")]
mod components;
#[expect(dead_code, reason = "other comparisons measure more")]
mod contender;
mod figures;
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;
mod native;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use components::{build_guest, hand_written};
use contender::{Contender, Log};
use figures::{median, percentile};
use load::{Load, request_after};

/// How often each contender has its turn.
const ROUNDS: usize = 3;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);
/// Replies that wait at the same time, when memory is measured.
const WAITING: usize = 10_000;
/// Descriptors of this program that are no connections.
const DESCRIPTORS_SPARE: u64 = 100;

/// What is asked for.
#[derive(Clone, Copy)]
struct Case {
    clients: usize,
    texts: usize,
    /// Messages of the conversation before.
    earlier: usize,
}

const CASES: [Case; 5] = [
    Case {
        clients: 1,
        texts: 3,
        earlier: 0,
    },
    Case {
        clients: 64,
        texts: 3,
        earlier: 0,
    },
    Case {
        clients: 512,
        texts: 3,
        earlier: 0,
    },
    Case {
        clients: 16,
        texts: 1_000,
        earlier: 0,
    },
    Case {
        clients: 8,
        texts: 3,
        earlier: 1_000,
    },
];

/// What a sandbox costs is seen where a bot does next to nothing.
const ALMOST_NOTHING: Case = Case {
    clients: 64,
    texts: 1,
    earlier: 0,
};

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            clients,
            texts,
            earlier,
        } = self;
        write!(f, "{clients} clients, {texts} texts")?;
        match earlier {
            0 => Ok(()),
            _ => write!(f, ", after {earlier} messages"),
        }
    }
}

/// Who answers, and where.
struct Way<'a> {
    name: &'static str,
    server: &'a Contender,
    path: &'static str,
}

/// What one turn found.
struct Turn {
    /// Replies per second.
    rate: f64,
    /// Microseconds of the server's processor time for one reply.
    cost: f64,
}

impl<'a> Way<'a> {
    fn to(server: &'a Contender) -> Self {
        let Contender { name, path, .. } = *server;
        Self { name, server, path }
    }

    fn load(&self, case: Case) -> (Load, Vec<u8>) {
        let load = Load {
            address: self.server.address,
            path: self.path,
            clients: case.clients,
            texts: case.texts,
        };
        let content = format!("say {} 20", case.texts);
        (load, request_after(self.path, case.earlier, &content))
    }

    fn turn(&self, case: Case) -> Turn {
        let (load, request) = self.load(case);
        let before = self.server.cpu_seconds();
        let served = load.serve(&request, TURN);
        let used = self.server.cpu_seconds() - before;
        assert!(used > 0.0, "another server answered for {}", self.name);
        Turn {
            rate: served.replies / served.seconds,
            cost: used / served.replies * 1e6,
        }
    }
}

/// Prints a table: each way beside the first.
fn compare(ways: &[Way<'_>], case: Case) {
    let mut turns: Vec<Vec<Turn>> = ways.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (way, turns) in ways.iter().zip(&mut turns) {
            turns.push(way.turn(case));
        }
    }
    let medians = |of: fn(&Turn) -> f64| -> Vec<f64> {
        let each = turns.iter().map(|turns| turns.iter().map(of).collect());
        each.map(median).collect()
    };
    let (rates, costs) = (medians(|turn| turn.rate), medians(|turn| turn.cost));
    println!("{case}:");
    for (index, way) in ways.iter().enumerate() {
        println!(
            "  {:<24} {:>6.0} replies/s ({:.2})   {:>7.1} µs of processor each ({:.2}, {:+.1})",
            way.name,
            rates[index],
            rates[index] / rates[0],
            costs[index],
            costs[index] / costs[0],
            costs[index] - costs[0],
        );
    }
}

/// Prints how long one client waits for the first event.
fn compare_first_events(ways: &[Way<'_>]) {
    let mut took: Vec<Vec<f64>> = ways.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (way, took) in ways.iter().zip(&mut took) {
            let (load, request) = way.load(CASES[0]);
            took.extend(load.first_events(&request, TURN));
        }
    }
    println!(
        "first event at one client, in brackets the difference to {}:",
        ways[0].name
    );
    let all: Vec<[f64; 2]> = took
        .iter_mut()
        .map(|took| [0.5, 0.99].map(|part| percentile(took, part)))
        .collect();
    for (way, [half, most]) in ways.iter().zip(&all) {
        println!(
            "  {:<24} p50 {half:>6.0} µs ({:+.0})   p99 {most:>6.0} µs ({:+.0})",
            way.name,
            half - all[0][0],
            most - all[0][1],
        );
    }
}

/// Prints what replies cost that wait on the clock.
fn measure_waiting(server: &Contender, descriptors: u64) {
    let replies = WAITING.min(descriptors.saturating_sub(DESCRIPTORS_SPARE) as usize);
    if replies < WAITING {
        println!("{descriptors} descriptors (`ulimit -Hn`) do not allow {WAITING} replies");
    }
    let each = server.measure_waiting(replies, "sleep 60000");
    println!(
        "{replies} waiting replies, {}: {:.1} KiB resident each, {:.1} of it not in files; {:.0} in 1 GiB",
        server.name,
        each.resident_kib,
        each.own_kib,
        1024.0 * 1024.0 / each.resident_kib.max(1.0)
    );
    println!(
        "  when they have left, {:.1} KiB of each are still resident: {:.0} MiB",
        each.stays,
        each.stays * replies as f64 / 1024.0
    );
}

/// Takes as many descriptors as this program may have, and says how many. Servers inherit them.
fn raise_descriptors() -> u64 {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let wanted = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, wanted).unwrap();
    maximum.unwrap_or(u64::MAX)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "native") {
        native::serve();
        return;
    }
    // cargo adds a flag of its own.
    let words = arguments.iter().find(|word| !word.starts_with('-'));
    let descriptors = raise_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let bots = [
        build_guest("puppet", folder.path()),
        hand_written(folder.path()),
    ];
    let mut contenders = vec![
        Contender::native("native", "/bot"),
        Contender::native("native, in one piece", "/whole"),
        Contender::serving("ravenry", &bots, Log::Errors),
        Contender::serving("ravenry, with its log", &bots, Log::InFile),
    ];
    match Contender::fastapi(1) {
        Some(fastapi) => contenders.push(fastapi),
        None => println!(
            "fastapi_poe: not measured (`pip install fastapi_poe==0.0.83`, then set PYTHON to that python)"
        ),
    }
    println!(
        "medians of {ROUNDS} turns of {TURN:?}; in brackets the ratio to native, and the difference"
    );
    let ways: Vec<Way<'_>> = contenders.iter().map(Way::to).collect();
    for case in CASES {
        if words.is_none_or(|words| case.to_string().contains(words)) {
            compare(&ways, case);
        }
    }
    if words.is_some() {
        return;
    }
    println!("a bot that does next to nothing: what is above native is the sandbox and its limits");
    let way = |name, path| Way {
        name,
        server: &contenders[2],
        path,
    };
    compare(
        &[
            Way::to(&contenders[0]),
            way("ravenry, from Rust", "/bot"),
            way("ravenry, hand-written", "/bot1"),
        ],
        ALMOST_NOTHING,
    );
    compare_first_events(&ways);
    for server in contenders.iter().skip(2) {
        measure_waiting(server, descriptors);
    }
}
