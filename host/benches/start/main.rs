//! Measures how a gateway with many bots starts, and what it takes before the first query:
//! `cargo bench --bench start`, or with another number `cargo bench --bench start -- --bots 100`.
//!
//! Once with one component for all bots, once with a component for each. The first start compiles
//! what no earlier run has left in the cache: with a thousand components that takes minutes. What
//! counts are the starts after it, which take turns: from the start of the process until `/readyz`
//! says that every bot is mounted.

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
#[path = "../compare/load.rs"]
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use components::{build_guest, copy};
use contender::Contender;
use figures::median;
use load::Client;

/// How often each layout is started.
const ROUNDS: usize = 5;
/// Bots, by default.
const BOTS: u32 = 1_000;

/// Bots, and how many components they share.
struct Layout {
    bots: u32,
    components: Vec<PathBuf>,
}

/// What one start found.
struct Start {
    seconds: f64,
    resident_mib: f64,
    /// Without what is mapped from files, which the kernel can read again.
    own_mib: f64,
}

impl Layout {
    fn words(&self) -> String {
        let plural = |count, word| format!("{count} {word}{}", ["s", ""][usize::from(count == 1)]);
        let components = self.components.len();
        format!(
            "{}, {}",
            plural(self.bots as usize, "bot"),
            plural(components, "component")
        )
    }

    fn start(&self) -> Start {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "manifest_version = 1\n".to_owned();
        let sources = self.components.iter().cycle();
        for (number, source) in (0..self.bots).zip(sources) {
            let source = source.to_str().unwrap();
            writeln!(manifest, "[bot.bot{number}]\nsource = {source:?}").unwrap();
        }
        let operator = "[tenant.one]\nmanifests = [\"bots.toml\"]\n";
        std::fs::write(folder.path().join("bots.toml"), manifest).unwrap();
        std::fs::write(folder.path().join("operator.toml"), operator).unwrap();
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
        let server = Contender::operated("ravenry", &mut command, folder);
        let seconds = start.elapsed().as_secs_f64();
        let start = Start {
            seconds,
            resident_mib: server.resident_kib() as f64 / 1024.0,
            own_mib: server.anonymous_kib() as f64 / 1024.0,
        };
        self.ask_the_last(&server);
        start
    }

    /// Who says to be ready answers, too.
    fn ask_the_last(&self, server: &Contender) {
        let request = load::request(&format!("/bot{}", self.bots - 1), "say 1 20");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let asked = async {
            let mut client = Client::connect(server.address).await.unwrap();
            client.try_ask(&request).await
        };
        runtime.block_on(asked).unwrap();
    }
}

/// One bot, many with one component, and many with as many.
fn layouts(bots: u32, folder: &Path) -> [Layout; 3] {
    let component = build_guest("puppet", folder);
    let copies = (0..bots).map(|number| copy(&component, number, folder));
    let copies = copies.collect();
    let one = |bots| Layout {
        bots,
        components: vec![component.clone()],
    };
    [
        one(1),
        one(bots),
        Layout {
            bots,
            components: copies,
        },
    ]
}

fn main() {
    let mut bots = BOTS;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--bots" {
            bots = arguments.next().unwrap().parse().unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let layouts = layouts(bots.max(1), folder.path());
    for layout in &layouts {
        let seconds = layout.start().seconds;
        let took = Duration::from_secs_f64(seconds);
        println!("{}: the first start took {took:.2?}", layout.words());
    }
    println!("starts with all code in the cache, medians of {ROUNDS}:");
    let mut starts: Vec<Vec<Start>> = layouts.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (layout, starts) in layouts.iter().zip(&mut starts) {
            starts.push(layout.start());
        }
    }
    for (layout, starts) in layouts.iter().zip(&starts) {
        let median = |of: fn(&Start) -> f64| median(starts.iter().map(of).collect());
        let seconds = median(|start| start.seconds);
        println!(
            "  {:<28} {:>6.0} ms ({:.2} a bot)   {:>6.1} MiB resident, {:>6.1} of it not in files",
            layout.words(),
            seconds * 1e3,
            seconds * 1e3 / f64::from(layout.bots),
            median(|start| start.resident_mib),
            median(|start| start.own_mib),
        );
    }
}
