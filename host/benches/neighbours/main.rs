//! Measures what a polite bot of one tenant has to bear from the bots of another:
//! `cargo bench --bench neighbours`, and `cargo bench --bench neighbours -- loops --seconds 20` for
//! the rows with `loops` in their names, longer.
//!
//! The gateway runs as an operator starts it (`serve --config`), with its default log in a file. The
//! polite bot is asked 200 times in a second, whether answers come or not: a query is measured from
//! the moment when it was due, so that one that waits does not hide those behind it. Beside that one
//! stream is open, in which an event comes every 50 ms; what gaps have above that is measured.
//!
//! Client, neighbours and server share the machine, but the measuring threads go before all others
//! where they may, so that their own wait for a core is not in the figures. What the load takes of
//! the cores is missing to the server. Each row says how many cores the server was busy on, and how
//! many others, who have no part in this, or are the loops outside, or another server: these rows show
//! what the machine does to a server that is not to blame.
//!
//! The aims, for each row: p50 and p99 of queries and gaps at most twice what they are alone in the
//! same run and 1 ms more, p99.9 at most 5 ms, and nothing fails.
//!
//! The honest bot of a third tenant computes 20 ms for every reply and is asked by one client. Its
//! fair share of the cores is that of a tenant among two that want them.

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
mod cores;
#[path = "../compare/figures.rs"]
#[expect(dead_code, reason = "other comparisons want medians")]
mod figures;
#[path = "../compare/load.rs"]
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;
mod loud;
#[path = "../compare/native.rs"]
mod native;
mod polite;
mod report;
mod rows;
mod scene;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use cores::Used;
use load::request;
use loud::{Load, Loud};
use report::Found;
use rows::{PYTHON, ROWS, Row};
use scene::{Processor, Scene};

/// Seconds of a row, by default.
const SECONDS: u64 = 5;
/// Time in which a neighbour gets going before anything is measured.
const WARM_UP: Duration = Duration::from_millis(700);
/// Longest time that a neighbour goes on beyond the measured time, whatever happens to this program.
const SPARE: Duration = Duration::from_secs(20);
/// Cores that others may be busy on before what is found alone is no standard.
const OTHERS_MAX: f64 = 0.2;
/// How often that is tried.
const STANDARDS: usize = 3;
/// What the honest bot computes for a reply.
const HONEST_WORK: Duration = Duration::from_millis(20);

/// Which rows, and for how long.
struct Wanted {
    parts: Vec<String>,
    time: Duration,
}

impl Wanted {
    fn from(mut arguments: impl Iterator<Item = String>) -> Self {
        let (mut parts, mut seconds) = (Vec::new(), SECONDS);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seconds" => seconds = arguments.next().unwrap().parse().unwrap(),
                // This is what cargo says to every benchmark.
                "--bench" => {}
                _ => parts.push(argument),
            }
        }
        let time = Duration::from_secs(seconds.max(1));
        Self { parts, time }
    }

    /// The rows with this processor, and those that they are measured by.
    fn rows(&self, processor: Processor) -> Vec<&'static Row> {
        let fits = |row: &Row| processor == Processor::All || row.narrow;
        let named = |row: &Row| {
            let whole = format!("{}: {}", words(processor), row.name);
            self.parts.is_empty() || self.parts.iter().any(|part| whole.contains(part.as_str()))
        };
        let asked: Vec<&Row> = ROWS.iter().filter(|row| fits(row) && named(row)).collect();
        let honest = asked.iter().any(|row| row.honest);
        let standard = |row: &Row| {
            !asked.is_empty() && (row.name == ROWS[0].name || honest && row.name == "honest")
        };
        let chosen = |row: &&Row| fits(row) && (named(row) || standard(row));
        ROWS.iter().filter(chosen).collect()
    }
}

fn words(processor: Processor) -> &'static str {
    match processor {
        Processor::All => "all cores, shared with the load",
        Processor::One => "one core, the load on the others",
        Processor::Quota => "a quota of one core",
    }
}

/// Measures one row.
fn measure(scene: &mut Scene, row: &Row, time: Duration) -> Found {
    let (address, most) = (scene.contender.address, WARM_UP + time + SPARE);
    let loud = Loud::start((row.load)(scene), address, most);
    let honest = row.honest.then(|| {
        let work = request("/honest/busy", &scene.compute(HONEST_WORK));
        Loud::start(Load::Ask(1, vec![work]), address, most)
    });
    std::thread::park_timeout(WARM_UP);
    let honest_before = honest.as_ref().map_or(0, Loud::answers);
    let (answers, before, start) = (loud.answers(), Used::now(&scene.contender), Instant::now());
    let mut found = Found::of(polite::listen(address, time));
    let took = start.elapsed().as_secs_f64();
    let used = Used::now(&scene.contender);
    let per_second = |count: u64| count as f64 / took;
    found.cores = (used.server - before.server) / took;
    // Each is counted in hundredths of a second: the difference may be a little less than nothing.
    found.others = (used.others - before.others).max(0.0) / took;
    found.answers = per_second(loud.answers() - answers);
    found.honest = honest.map(|honest| per_second(honest.answers() - honest_before));
    drop(loud);
    scene.settle();
    found
}

/// Measures the row that is the standard for the others, again where others were busy meanwhile.
fn measure_standard(scene: &mut Scene, row: &Row, time: Duration) -> Found {
    let mut best = measure(scene, row, time);
    for _ in 1..STANDARDS {
        if best.others <= OTHERS_MAX {
            return best;
        }
        let next = measure(scene, row, time);
        if next.others < best.others {
            best = next;
        }
    }
    if best.others > OTHERS_MAX {
        println!(
            "others are busy: what is measured beside `{}` says little",
            row.name
        );
    }
    best
}

/// Measures all wanted rows with this processor.
fn measure_all(processor: Processor, wanted: &Wanted, cores: &[usize]) {
    let mut rows = wanted.rows(processor);
    if rows.is_empty() {
        return;
    }
    let python = python(&rows);
    if python.is_none() {
        rows.retain(|row| row.name != PYTHON);
    }
    let name = words(processor);
    let mut scene = match Scene::start(processor, python.as_deref()) {
        Ok(scene) => scene,
        Err(why) => return println!("\n{name}: left out, {why}"),
    };
    println!("\n{name}:");
    report::print_header();
    let have = if processor == Processor::All {
        cores.len() as f64
    } else {
        1.0
    };
    let (mut alone, mut honest_alone) = (None, 0.0);
    for row in rows {
        let found = match alone {
            None => measure_standard(&mut scene, row, wanted.time),
            Some(_) => measure(&mut scene, row, wanted.time),
        };
        let alone = *alone.get_or_insert(found);
        if let Some(honest) = found.honest
            && honest_alone == 0.0
        {
            honest_alone = honest;
        }
        // Two tenants want the cores, and the honest bot is asked by one client.
        let fair = if row.name == "honest" {
            1.0
        } else {
            (have / 2.0).min(1.0)
        };
        found.print(row.name, &alone, honest_alone, fair);
    }
}

/// The bot in Python, where a row wants it and the tools are there.
fn python(rows: &[&Row]) -> Option<PathBuf> {
    rows.iter().find(|row| row.name == PYTHON)?;
    components::build_language("python")
        .map_err(|why| println!("{PYTHON}: left out, it cannot be built: {why}"))
        .ok()
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|role| role == "burn") {
        return cores::burn(arguments.nth(1).unwrap().parse().unwrap());
    }
    if arguments.peek().is_some_and(|role| role == "native") {
        return native::serve();
    }
    let wanted = Wanted::from(arguments);
    let cores = cores::allowed();
    println!(
        "{} cores, {:?} a row; aims: p50 and p99 at most 2 × alone + 1 ms, p99.9 at most 5 ms",
        cores.len(),
        wanted.time
    );
    if !std::thread::spawn(cores::hurry).join().unwrap() {
        println!("no right to go before other threads: the client's own waits are in the figures");
    }
    for processor in [Processor::All, Processor::One, Processor::Quota] {
        measure_all(processor, &wanted, &cores);
        cores::keep_to(&cores);
    }
}
