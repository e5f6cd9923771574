//! Compares the relay of another bot's answer with a plain reverse proxy in native axum:
//! `cargo bench --bench relay`.
//!
//! One upstream says 1,000 events per reply. Before it stand a proxy that copies bytes, and the
//! gateway with two bots that do both, one in Rust and one in Python: let the host relay, or take each event into
//! their sandbox and pass it on. Every server is a process of its own, on loopback; the load comes from this one. The
//! cases take turns, round by round, and what counts are ratios of medians. Processor time is that
//! of the server alone, and says more than throughput where load and upstream share the cores.

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
#[expect(dead_code, reason = "other comparisons measure more")]
mod contender;
#[path = "../compare/load.rs"]
#[expect(dead_code, reason = "other comparisons ask otherwise")]
mod load;
mod native;

use std::{path::Path, process::Command, time::Duration};

use components::{build_guest, build_python};
use contender::Contender;
use load::{KEY, Load};
use native::{PACKED, SINGLE, TEXTS, WAITING};

/// How often each case has its turn.
const ROUNDS: usize = 5;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);
/// Clients at once.
const CLIENTS: usize = 16;
/// Relays that wait at the same time, when memory is measured.
const IDLE: usize = 1_000;

/// The cases of a table: whose answer, asked through which server, and how.
const WAYS: [(&str, Server, &str); 5] = [
    ("reverse proxy", Server::Proxy, ""),
    ("relay by the host", Server::Gateway("/bot"), "relay"),
    ("the same, from Python", Server::Gateway("/python"), "relay"),
    ("through the guest", Server::Gateway("/bot"), "pass"),
    ("the same, in Python", Server::Gateway("/python"), "pass"),
];

#[derive(Clone, Copy)]
enum Server {
    Proxy,
    /// With the path of a bot.
    Gateway(&'static str),
}

/// What one turn of a case found.
struct Turn {
    /// Replies per second.
    rate: f64,
    /// Seconds of the server's processor time for one reply.
    cost: f64,
}

struct Servers {
    proxy: Contender,
    gateway: Contender,
    _upstream: Contender,
}

impl Servers {
    /// Starts them; the proxy asks this bot.
    fn start(bot: &str) -> Self {
        let upstream = role("upstream", &["upstream"]);
        let api = format!("http://{}", upstream.address);
        Self {
            proxy: role("proxy", &["proxy", &format!("{api}/bot/{bot}")]),
            gateway: gateway(&api),
            _upstream: upstream,
        }
    }

    fn at(&mut self, server: Server) -> &mut Contender {
        match server {
            Server::Proxy => &mut self.proxy,
            Server::Gateway(path) => {
                self.gateway.path = path;
                &mut self.gateway
            }
        }
    }

    fn turn(&mut self, server: Server, content: &str) -> Turn {
        let contender = self.at(server);
        let load = Load {
            address: contender.address,
            path: contender.path,
            clients: CLIENTS,
            texts: TEXTS,
        };
        let before = contender.cpu_seconds();
        let rate = load.run_with(content, TURN);
        let used = contender.cpu_seconds() - before;
        contender.assert_runs();
        assert!(used > 0.0, "another server answered for {}", contender.name);
        Turn {
            rate,
            cost: used / (rate * TURN.as_secs_f64()),
        }
    }
}

/// A copy of this program in another role.
fn role(name: &'static str, arguments: &[&str]) -> Contender {
    let mut command = Command::new(std::env::current_exe().unwrap());
    Contender::start(name, "/bot", command.args(arguments), None)
}

/// The gateway, with all its limits on, and a platform at this address.
fn gateway(api: &str) -> Contender {
    let folder = tempfile::tempdir().unwrap();
    let in_rust = build_guest("asker", folder.path());
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/relay/bot.py");
    let in_python = build_python("relay", &python).unwrap_or_else(|why| panic!("{why}"));
    let bot = |name: &str, component: &Path| {
        let source = component.display();
        format!(
            "[bot.{name}]\nsource = \"{source}\"\npoe = {{ access_key = {{ env = \"BENCH_KEY\" }} }}\n"
        )
    };
    let manifest = format!(
        "manifest_version = 1\n{}{}",
        bot("bot", &in_rust),
        bot("python", &in_python)
    );
    let file = folder.path().join("ravenry.toml");
    std::fs::write(&file, manifest).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    command.arg("up").arg(&file).env("BENCH_KEY", KEY);
    command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "off"]);
    command.args(["--log", "error", "--poe-api", api]);
    command.args(contender::MANY);
    command.arg("--state-dir").arg(folder.path().join("state"));
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/compiled");
    command.arg("--cache-dir").arg(compiled);
    let contender = Contender::start("ravenry", "/bot", &mut command, Some(folder));
    contender.wait_ready();
    contender
}

/// Prints a table for one bot.
fn compare(bot: &str) {
    let mut servers = Servers::start(bot);
    let mut turns: [Vec<Turn>; WAYS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (found, (_, server, verb)) in turns.iter_mut().zip(WAYS) {
            found.push(servers.turn(server, &format!("{verb} {bot}")));
        }
    }
    let rates = turns.each_ref().map(|way| median(way, |turn| turn.rate));
    let costs = turns.each_ref().map(|way| median(way, |turn| turn.cost));
    for (index, (name, ..)) in WAYS.iter().enumerate() {
        println!(
            "  {name:<22} {:>6.0} replies/s ({:.2})   {:>6.2} ms of processor each ({:.2})",
            rates[index],
            rates[index] / rates[0],
            costs[index] * 1_000.0,
            costs[index] / costs[0],
        );
    }
}

fn median(turns: &[Turn], of: fn(&Turn) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("upstream") => return native::upstream(),
        Some("proxy") => return native::proxy(arguments.next().unwrap()),
        _ => {}
    }
    println!(
        "relay of {TEXTS} events, {CLIENTS} clients, medians of {ROUNDS} turns of {TURN:?}; in brackets the ratio to the proxy"
    );
    println!("each event in a chunk of its own:");
    compare(SINGLE);
    println!("many events in a chunk:");
    compare(PACKED);
    println!("{IDLE} relays that wait, resident memory each:");
    // So many interpreters cannot wait at once: each takes mappings of memory, which the system bounds.
    let small = WAYS
        .into_iter()
        .filter(|(_, server, _)| !matches!(server, Server::Gateway("/python")));
    for (name, server, verb) in small {
        // Fresh processes: what one case leaves behind would hide what the next one takes.
        let mut servers = Servers::start(WAITING);
        let contender = servers.at(server);
        let each = contender.measure_waiting(IDLE, &format!("{verb} {WAITING}"));
        contender.assert_runs();
        println!("  {name:<22} {:>4.0} KiB", each.resident_kib);
    }
}
