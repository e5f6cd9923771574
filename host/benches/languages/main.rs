//! Compares bots in Python and JavaScript with the same bot on `fastapi_poe`, which has two workers:
//! `PYTHON=… cargo bench --bench languages`, where that Python has `fastapi_poe`.
//!
//! As in `compare`: processes of their own that take turns, and ratios of medians. Memory is that of
//! ten bots after a warm-up, each a component of its own; those in Python share the interpreter: shared pages count once (PSS).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measuring program may fall over, prints what it measures, and rounds it"
)]

#[path = "../compare/components.rs"]
#[expect(dead_code, reason = "other comparisons have other components")]
mod components;
#[path = "../compare/contender.rs"]
#[expect(dead_code, reason = "the other comparison has more contenders")]
mod contender;
#[path = "../compare/load.rs"]
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;

use std::{path::PathBuf, slice::from_ref, time::Duration};

use components::{build_language, copy, python_variants};
use contender::Contender;
use load::Load;

/// How often each contender has its turn.
const ROUNDS: usize = 5;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);
/// Bots, when memory is measured.
const BOTS: usize = 10;
/// Workers of `fastapi_poe`: one for each core of the machine that the figures are from.
const WORKERS: usize = 2;
/// Clients at once, and texts per reply. With few clients `fastapi_poe` is measured by its latency
/// alone: each reply waits 40 ms for an acknowledgement, because the socket has no `TCP_NODELAY`.
const CASES: [(usize, usize); 3] = [(16, 3), (64, 3), (64, 100)];

fn main() {
    let languages = ["python", "js"].map(|language| {
        let built = build_language(language);
        (language, built.unwrap_or_else(|why| panic!("{why}")))
    });
    let fastapi = || {
        Contender::fastapi(WORKERS)
            .unwrap_or_else(|| panic!("set PYTHON to a python that has fastapi_poe 0.0.83"))
    };
    {
        let mut contenders = vec![fastapi()];
        for (language, component) in &languages {
            contenders.push(Contender::mounted(language, from_ref(component)));
        }
        println!(
            "replies per second, median of {ROUNDS} turns of {TURN:?}; in brackets the ratio to fastapi_poe"
        );
        for case in CASES {
            rates(&contenders, case);
        }
    }
    let ours: Vec<Contender> = (0..BOTS).map(|_| fastapi()).collect();
    let base = pss(&ours);
    println!(
        "memory of {BOTS} bots: fastapi_poe {:.0} MiB",
        base / 1024.0
    );
    drop(ours);
    for (language, component) in languages {
        let folder = component.parent().unwrap();
        let copies: Vec<PathBuf> = if language == "python" {
            python_variants(BOTS, folder).unwrap_or_else(|why| panic!("{why}"))
        } else {
            (0..BOTS)
                .map(|number| copy(&component, u32::try_from(number).unwrap(), folder))
                .collect()
        };
        let gateway = [Contender::mounted(language, &copies)];
        let used = pss(&gateway);
        println!(
            "memory of {BOTS} bots: {language} {:.0} MiB ({:.2})",
            used / 1024.0,
            used / base
        );
    }
}

fn rates(contenders: &[Contender], (clients, texts): (usize, usize)) {
    let mut turns = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, turns) in contenders.iter().zip(&mut turns) {
            turns.push(loaded(contender, 0, clients, texts, TURN));
        }
    }
    let medians: Vec<f64> = turns.into_iter().map(median).collect();
    print!("{clients:>4} clients, {texts:>4} texts:");
    for (contender, rate) in contenders.iter().zip(&medians) {
        print!("  {} {rate:.0} ({:.2})", contender.name, rate / medians[0]);
    }
    println!();
}

fn loaded(contender: &Contender, bot: usize, clients: usize, texts: usize, turn: Duration) -> f64 {
    let paths = [
        "/bot", "/bot1", "/bot2", "/bot3", "/bot4", "/bot5", "/bot6", "/bot7", "/bot8", "/bot9",
    ];
    Load {
        address: contender.address,
        path: paths[bot],
        clients,
        texts,
    }
    .run(turn)
}

/// KiB of all processes, after every bot has answered for a while.
fn pss(contenders: &[Contender]) -> f64 {
    let warm = Duration::from_millis(500);
    for (number, contender) in contenders.iter().enumerate() {
        // One process has all bots, or each bot has its own.
        let bots = if contenders.len() == 1 { 0..BOTS } else { 0..1 };
        for bot in bots {
            let replies = loaded(contender, bot, 4, 3, warm);
            assert!(replies > 0.0, "bot {number} does not answer");
        }
    }
    contenders
        .iter()
        .map(|contender| contender.pss_kib() as f64)
        .sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
