//! A crowd: many connections of one tenant that are all busy at once. Their work goes on by turns at the
//! compute threads, and comes back; nothing is lost on the way.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
};

use rustix::process::Signal;

use crate::harness::{Connection, Folder, Server, post, query, wait_until};

const OPERATOR: &str = "\
    [tenant.many]\npath_prefix = \"/many\"\nmanifests = [\"many.toml\"]\n\
    [tenant.few]\npath_prefix = \"/few\"\nmanifests = [\"few.toml\"]\n";

const BOT: &str = "[bot.talk]\nsource = \"puppet.wasm\"\n";

/// Clients of the crowd: each has a connection, and asks again as soon as it is answered.
const CLIENTS: usize = 32;

fn folder() -> Folder {
    Folder::empty()
        .manifest("many.toml", BOT)
        .manifest("few.toml", BOT)
        .file("operator.toml", OPERATOR)
}

fn server() -> Server {
    let server = folder().serve();
    server.wait_ready();
    // A component that nobody has seen run begins at the compute threads: from now on it does not.
    for bot in ["many/talk", "few/talk"] {
        (0..4).for_each(|_| drop(server.ask(bot, "hi")));
    }
    server
}

fn turns(server: &Server, tenant: &str) -> f64 {
    let turns = server.metric("ravenry_turns_total", &[("tenant", tenant)]);
    turns.unwrap_or_default()
}

/// Asks for as long as `work` lasts: others are there, so that a crowd is one.
fn beside_few<T>(server: &Server, work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(server.ask("few/talk", "hi").said(), "hi");
            }
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        done
    })
}

/// Every answer is whole, and the one that was asked for, wherever its connection was served.
#[test]
fn every_answer_of_a_crowd_is_the_right_one() {
    let server = server();
    let before = turns(&server, "many");
    let queries = AtomicU32::new(0);
    let client = &|number: usize| {
        let mut connection = server.connect();
        // Until some of them have been served by turns.
        for asked in 0..2_000 {
            let said = format!("{number}-{asked}");
            // Some are relays in small: they wait between two words.
            let text = match asked % 8 {
                0 => format!("{said}\nsleep 1\n."),
                _ => format!("{said}\n."),
            };
            let body = query(&text).to_string();
            let answer = connection
                .send(post("/many/talk", &[], body.as_bytes()))
                .answer();
            assert_eq!(answer.said(), format!("{said}."));
            queries.fetch_add(1, Ordering::Relaxed);
            if asked >= 32 && asked % 16 == 0 && turns(&server, "many") > before + 100.0 {
                break;
            }
        }
    };
    beside_few(&server, || {
        thread::scope(|scope| {
            for number in 0..CLIENTS {
                scope.spawn(move || client(number));
            }
        });
    });
    assert!(turns(&server, "many") > before + 100.0, "never by turns");
    let labels = [("tenant", "many"), ("outcome", "finished")];
    let finished = server.metric("ravenry_replies_total", &labels);
    let asked = queries.load(Ordering::Relaxed) + 4;
    assert_eq!(finished, Some(f64::from(asked)));
}

/// Readers who leave a crowd leave nothing behind.
#[test]
fn who_leaves_a_crowd_is_gone() {
    let server = server();
    beside_few(&server, || {
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    for _ in 0..20 {
                        drop(server.open("many/talk", "x\nsleep 100000000"));
                        drop(server.open("many/talk", "x\nspin"));
                    }
                });
            }
        });
        server.wait_metric("ravenry_running_replies", &[("tenant", "many")], 0.0);
    });
}

/// A stop is one for those who are served by turns, too: what was begun is answered to the end.
#[test]
fn a_crowd_is_answered_before_a_stop() {
    let mut server = server();
    let before = turns(&server, "many");
    let address = server.address;
    let client = move || {
        let mut connection = Connection::open(address);
        let body = query("one\nsleep 1\ntwo").to_string();
        let request = post("/many/talk", &[], body.as_bytes());
        // The server may close between two requests, and may say that it stops.
        while connection.try_send(&request).is_ok() {
            match connection.try_answer() {
                Some(answer) if answer.status == 200 => assert_eq!(answer.said(), "onetwo"),
                Some(answer) => return assert_eq!(answer.status, 503),
                None => return,
            }
        }
    };
    let ended = thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(client);
        }
        while turns(&server, "many") < before + 100.0 {
            assert_eq!(server.ask("few/talk", "hi").said(), "hi");
        }
        server.signal(Signal::TERM);
        server.wait()
    });
    assert!(ended.success());
}

/// A long request begins at the compute threads; the answer that it gets word by word does not stay there.
#[test]
fn an_answer_that_waits_comes_back() {
    const WORDS: usize = 50;
    let mut asked = query(&"sleep 2\nword\n".repeat(WORDS));
    asked["query"][0]["feedback"] = serde_json::json!([]);
    asked["query"][0]["metadata"] = "x".repeat(20 * 1024).into();
    let taken = || {
        let server = server();
        let before = turns(&server, "many");
        let answer = server.send("many/talk", &asked, &[]);
        assert_eq!(answer.said(), "word".repeat(WORDS));
        // A turn is counted when it is over, which may be after its answer.
        wait_until("a turn was taken", || turns(&server, "many") > before);
        turns(&server, "many") - before
    };
    // A machine that is busy makes long runs of short ones, and a bot that has had some is slow until it has had many
    // quick ones: each try has a server that has seen none. Where nothing came back, each word would take a turn,
    // always.
    wait_until("an answer took fewer turns than words", || taken() < 20.0);
}

/// Descriptors are few, and readers of one tenant wait with as many as they can have: they are told where that
/// ends, and whoever asks another tenant's bot finds a place.
#[test]
fn readers_of_one_tenant_leave_places_to_others() {
    let server = folder().first("ulimit -n 256").serve();
    server.wait_ready();
    let waits = post(
        "/many/talk",
        &[],
        query("word\nsleep 100000000").to_string().as_bytes(),
    );
    let mut waiting = Vec::new();
    let refused = loop {
        assert!(waiting.len() < 256, "nobody is refused");
        let mut connection = server.connect();
        connection.send(&waits);
        match connection.head().0 {
            200 => waiting.push(connection),
            status => break status,
        }
    };
    assert_eq!(refused, 503);
    assert!(waiting.len() > 60, "{} found a place", waiting.len());
    for _ in 0..50 {
        assert_eq!(server.ask("few/talk", "hi").said(), "hi");
    }
    server.wait_text("are for other tenants");
    drop(waiting);
    server.wait_metric("ravenry_running_replies", &[("tenant", "many")], 0.0);
}

/// What a bot says of itself may be a megabyte: looking through it and writing it is its tenant's work too, and
/// not that of the threads that serve everybody. (A turn for the bot, one to look, one to write.)
#[test]
fn settings_are_written_where_their_bot_computes() {
    const ASKED: u32 = 20;
    let server = server();
    let before = turns(&server, "many");
    let settings = serde_json::json!({ "version": "1.2", "type": "settings" });
    for _ in 0..ASKED {
        assert_eq!(server.send("many/talk", &settings, &[]).status, 200);
    }
    // A turn is counted when it is over, which may be after its answer.
    wait_until("all of it was done in turns", || {
        turns(&server, "many") - before >= f64::from(3 * ASKED)
    });
}
