//! Places for connections, when there are too few: who has no request under way makes room for whoever comes, and
//! nobody else is closed for that.

use std::time::{Duration, Instant};

use crate::harness::{Connection, Folder, Server, post, query, wait_until};

/// Descriptors for the process: so many of them are for connections of readers.
const FEW: &str = "ulimit -n 256";
const PLACES: usize = 103;

/// Connections that nobody uses: more than there are places.
const CROWD: usize = 200;

/// Half of the time after which connections without a request go by themselves.
const SOON: Duration = Duration::from_secs(10);

const MAKES_ROOM: &str = "too many connections: idle ones are closed to make room";
const TURNS_AWAY: &str = "too many connections: new ones are closed at once";

/// Two tenants, so that each has a share of the connections.
fn server() -> Server {
    let bot = "[bot.talk]\nsource = \"puppet.wasm\"\n";
    let operator = "\
        [tenant.one]\npath_prefix = \"/one\"\nmanifests = [\"one.toml\"]\n\
        [tenant.other]\npath_prefix = \"/other\"\nmanifests = [\"other.toml\"]\n";
    let folder = Folder::empty()
        .manifest("one.toml", bot)
        .manifest("other.toml", bot)
        .file("operator.toml", operator);
    let server = folder.first(FEW).serve();
    server.wait_ready();
    server
}

fn request(bot: &str) -> Vec<u8> {
    post(&format!("/{bot}"), &[], query("hi").to_string().as_bytes())
}

/// What is said to a request, of which this is what was not sent yet; `None` where the connection is closed.
fn said(connection: &mut Connection, rest: &[u8]) -> Option<String> {
    connection.try_send(rest).ok()?;
    Some(connection.try_answer()?.said())
}

/// A reply runs, and connections that were left like this hold all places: whoever asks is answered. Those that have
/// waited longest are closed, the youngest is there still, and the reply is whole. Of a query, `sent` bytes were sent
/// on each.
fn make_room(sent: usize, leave: impl Fn(&mut Connection)) {
    let server = server();
    let mut running = server.open("one/talk", "before\nsleep 2000\nafter");
    assert_eq!(running.next_event().unwrap().1["text"], "before");
    let began = Instant::now();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut connection = server.connect();
        leave(&mut connection);
        crowd.push(connection);
    }
    // Strangers take nothing of a tenant's share: the one that has a reader already may have more.
    for bot in ["other/talk", "one/talk", "one/talk"] {
        let said = said(&mut server.connect(), &request(bot));
        assert_eq!(said.as_deref(), Some("hi"), "{bot}");
    }
    let closed = CROWD + 1 - PLACES;
    for connection in &mut crowd[..closed] {
        assert_eq!(connection.until_closed(), b"");
    }
    let youngest = crowd.last_mut().unwrap();
    let rest = &request("other/talk")[sent..];
    assert_eq!(said(youngest, rest).as_deref(), Some("hi"));
    assert_eq!(running.rest().said(), "after");
    let waited = began.elapsed();
    assert!(waited < SOON, "{waited:?}: they may have gone unasked");

    let log = server.log().join("\n");
    assert_eq!(log.matches(MAKES_ROOM).count(), 1, "{log}");
    assert!(!log.contains(TURNS_AWAY), "{log}");
    assert!(!log.contains("cannot be accepted"), "{log}");
    let idle = server.metric("ravenry_connections_closed_total", &[("reason", "idle")]);
    let at_least = u32::try_from(closed).map(f64::from).unwrap();
    assert!(idle.unwrap() >= at_least, "{idle:?}");
}

#[test]
fn silent_connections_make_room() {
    make_room(0, |_| {});
}

#[test]
fn half_heads_make_room() {
    let sent = 20;
    make_room(sent, |connection| {
        connection.send(&request("other/talk")[..sent]);
    });
}

#[test]
fn connections_that_are_kept_make_room() {
    make_room(0, |connection| {
        let head = "GET /one/talk HTTP/1.1\r\nhost: localhost\r\n\r\n";
        assert_eq!(connection.send(head).answer().status, 200);
    });
}

/// Where every connection has a request under way, a new one is closed at once, which is said once. None of the
/// others is closed for it, and what bots need is theirs.
#[test]
fn requests_under_way_keep_their_places() {
    const LATE: u32 = 20;
    let server = Folder::with_bots(&["puppet"]).first(FEW).up();
    server.wait_running("puppet", 0.0);
    let mut running: Vec<_> = (0..PLACES)
        .map(|_| {
            let mut running = server.open("puppet", "word\nsleep 100000000");
            assert_eq!(running.next_event().unwrap().1["text"], "word");
            running
        })
        .collect();
    for _ in 0..LATE {
        assert_eq!(server.connect().until_closed(), b"");
    }
    let labels = [("reason", "crowded")];
    let crowded = server.metric("ravenry_connections_closed_total", &labels);
    assert_eq!(crowded, Some(f64::from(LATE)));
    server.wait_running("puppet", f64::from(u32::try_from(PLACES).unwrap()));
    running.pop();
    wait_until("there is room again", || {
        said(&mut server.connect(), &request("puppet")).as_deref() == Some("hi")
    });
    let log = server.log().join("\n");
    assert_eq!(log.matches(TURNS_AWAY).count(), 1, "{log}");
    assert!(!log.contains("cannot be accepted"), "{log}");
    drop(running);
    server.wait_running("puppet", 0.0);
}
