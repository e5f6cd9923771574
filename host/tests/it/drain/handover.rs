//! From one process to the next: both hold the port, and nobody is refused.

use std::{
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use rustix::process::Signal;

use super::stopping;
use crate::harness::{Connection, Folder, HANG, post, query, wait_until};

fn folder() -> Folder {
    let manifest = "[bot.puppet]\nsource = \"puppet.wasm\"\n";
    Folder::empty().manifest("acme.toml", manifest).file(
        "operator.toml",
        "[tenant.acme]\nmanifests = [\"acme.toml\"]\n",
    )
}

/// Does something while a bot is asked all the time. Nobody may be refused, cut off, or given half a reply.
pub fn under_load(address: SocketAddr, bot: &str, act: impl FnOnce(&dyn Fn())) {
    let (asked, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let goes_on = || !over.load(Ordering::SeqCst) && began.elapsed() < HANG;
    let request = post(
        &format!("/{bot}"),
        &[],
        query("meow").to_string().as_bytes(),
    );
    let ask = |connection: &mut Connection| {
        let answer = connection.send(&request).answer();
        assert_eq!(answer.show(), "text {\"text\":\"meow\"}\ndone {}\n");
        asked.fetch_add(1, Ordering::SeqCst);
        answer.header("connection") != Some("close")
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            // Each time by a connection of its own.
            scope.spawn(|| {
                while goes_on() {
                    ask(&mut Connection::open(address));
                }
            });
            // By one connection, as long as the other side keeps it.
            scope.spawn(|| {
                while goes_on() {
                    let mut connection = Connection::open(address);
                    while goes_on() && ask(&mut connection) {}
                }
            });
        }
        act(&|| {
            let before = asked.load(Ordering::SeqCst);
            wait_until("more are answered", || {
                asked.load(Ordering::SeqCst) >= before + 50
            });
        });
        over.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_restart_refuses_nobody() {
    let mut servers = vec![folder().serve()];
    let address = servers[0].address;
    under_load(address, "puppet", |some_are_answered| {
        for _ in 0..2 {
            some_are_answered();
            let second = folder().in_place_of(&servers[0]).serve();
            second.wait_text("another process listens there for bots");
            some_are_answered();
            let mut first = servers.pop().unwrap();
            first.signal(Signal::TERM);
            assert!(first.wait().success());
            assert_eq!(second.address, address);
            some_are_answered();
            servers.push(second);
        }
    });
    assert_eq!(servers[0].get("/readyz").status, 200);
}

/// The port for metrics is free at once; that for bots is left to the next process when it comes, while the
/// replies of the first one go on.
#[test]
fn the_next_process_may_come_while_replies_end() {
    let mut first = folder().flag("--drain=60s").serve();
    let mut stream = first.open("puppet", "before\nsleep 100000000");
    assert_eq!(stream.next_event().unwrap().1["text"], "before");
    first.signal(Signal::TERM);
    stopping(&first);
    wait_until("the port for metrics is free", || {
        TcpStream::connect(first.metrics_address).is_err()
    });
    assert_eq!(first.get("/readyz").status, 503);
    let second = folder().in_place_of(&first).serve();
    // Who asks in the first moment may still be told that there is nobody.
    let ready = || second.get("/readyz").status == 200;
    wait_until("all come to the second", || (0..20).all(|_| ready()));
    assert_eq!(second.ask("puppet", "hi").said(), "hi");
    drop(stream);
    assert!(first.wait().success());
}

/// An author's gateway shares its port with nobody: two of them would answer by turns.
#[test]
fn an_author_has_a_port_alone() {
    let bots = || Folder::with_bots(&["echo"]);
    let first = bots().up();
    let said = bots().in_place_of(&first).refused(&["up", "ravenry.toml"]);
    assert!(said.contains("another program listens there"), "{said}");
}
