//! Compares the gateway with a native axum handler that says the same bytes, and with a bot on
//! `fastapi_poe` where Python has it: `cargo bench --bench compare`.
//!
//! Every contender is a process of its own; the load comes from this one, over loopback, with
//! connections that are kept open. The contenders take turns, round by round, and what is printed
//! are ratios of medians: the machine may be slow, it is equally slow for all.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measuring program may fall over, prints what it measures, and rounds it"
)]

#[expect(dead_code, reason = "other comparisons measure more")]
mod contender;
mod load;
mod native;

use std::{collections::BTreeMap, time::Duration};

use contender::Contender;
use load::Load;

/// How often each contender has its turn.
const ROUNDS: usize = 3;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);
/// Replies that wait at the same time, when memory is measured.
const IDLE: usize = 2_000;

/// Clients at once, and texts per reply.
const CASES: [(usize, usize); 4] = [(1, 3), (64, 3), (512, 3), (16, 1_000)];

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("native") {
        native::serve();
        return;
    }
    let mut contenders = vec![Contender::native(), Contender::gateway()];
    match Contender::fastapi(1) {
        Some(fastapi) => contenders.push(fastapi),
        None => println!(
            "fastapi_poe: not measured (`pip install fastapi_poe==0.0.83`, then set PYTHON to that python)"
        ),
    }
    println!(
        "replies per second, median of {ROUNDS} turns of {TURN:?}; in brackets the ratio to native"
    );
    for (clients, texts) in CASES {
        let mut turns: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for _ in 0..ROUNDS {
            for (index, contender) in contenders.iter().enumerate() {
                let load = Load {
                    address: contender.address,
                    path: contender.path,
                    clients,
                    texts,
                };
                turns.entry(index).or_default().push(load.run(TURN));
            }
        }
        let medians: Vec<f64> = turns.into_values().map(median).collect();
        let base = medians[0];
        print!("{clients:>4} clients, {texts:>4} texts:");
        for (contender, rate) in contenders.iter().zip(&medians) {
            print!("  {} {rate:.0} ({:.2})", contender.name, rate / base);
        }
        println!();
    }
    for contender in &contenders[1..] {
        contender.measure_idle(IDLE);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
