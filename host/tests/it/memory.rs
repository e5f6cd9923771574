//! Memory that is short, whatever the books say: who has booked most makes room, and the process lives.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::harness::{Answer, Folder, Groups, HANG, Hog, Server, wait_until};

/// What the group of the server may use. Half of it is for instances.
const GROUP_MEBIBYTES: u64 = 512;

const OPERATOR: &str = "\
    [tenant.greedy]\npath_prefix = \"/greedy\"\nmanifests = [\"greedy.toml\"]\n\
    [tenant.polite]\npath_prefix = \"/polite\"\nmanifests = [\"polite.toml\"]\n";

const SHORT: &str =
    "The server is short of memory and had to stop this reply; please try again in a moment";

fn two_tenants(groups: &Groups) -> Server {
    let bot = "[bot.talk]\nsource = \"puppet.wasm\"\n";
    let server = Folder::empty()
        .manifest("greedy.toml", bot)
        .manifest("polite.toml", bot)
        .file("operator.toml", OPERATOR)
        .flag("--limit=cpu=60s")
        .flag("--limit=text=100000000")
        .first(&groups.enter())
        .serve();
    server.wait_ready();
    server
}

/// Whether a polite question was answered. If not, it was told to come again.
fn is_answered(answer: &Answer) -> bool {
    if answer.said() == "hi" {
        return true;
    }
    let shown = answer.show();
    assert!(
        shown.contains("The bot is busy; please try again in a moment"),
        "{shown}"
    );
    false
}

/// Memory that nobody has booked fills the group. The largest replies of the tenant with the most end,
/// one that computes included; the other tenant's is not touched, and who asks there is answered.
#[test]
fn whoever_has_booked_most_makes_room() {
    let Some(groups) = Groups::with_memory(GROUP_MEBIBYTES << 20) else {
        eprintln!("not tested: no control groups can be made here");
        return;
    };
    let server = two_tenants(&groups);
    let mut neighbour = server.open("polite/talk", "hold 4\nsleep 3600000");
    assert_eq!(neighbour.next_event().unwrap().1["text"], "holding 4 MiB;");
    let commands = [
        "hold 48\nspin",
        "hold 40\nsleep 3600000",
        "hold 12\nsleep 3600000",
    ];
    let mut greedy = commands.map(|command| {
        let mut reply = server.open("greedy/talk", command);
        let held = reply.next_event().unwrap();
        assert!(
            held.1["text"].as_str().unwrap().starts_with("holding"),
            "{held:?}"
        );
        reply
    });

    // Memory grows in steps that are smaller than what is left between the marks and the end.
    let mut hogs = Vec::new();
    let hang = Instant::now() + HANG;
    let ended = |server: &Server| {
        let labels = [("tenant", "greedy"), ("outcome", "memory_short")];
        server.metric("ravenry_replies_total", &labels)
    };
    while ended(&server).is_none() {
        assert!(
            Instant::now() < hang,
            "nobody makes room: {:?}",
            server.log()
        );
        hogs.push(Hog::in_group(&groups, 8));
        // The watch looks meanwhile, and whoever asks is answered or told to come again.
        let step = Instant::now();
        while step.elapsed() < Duration::from_millis(250) {
            is_answered(&server.ask("polite/talk", "hi"));
            thread::park_timeout(Duration::from_millis(20));
        }
    }
    let record = server.wait_log(|record| record["outcome"] == "memory_short");
    assert_eq!(record["tenant"], "greedy");
    assert!(
        record["peak_memory"].as_u64().unwrap() > 40 << 20,
        "the largest first: {record}"
    );
    let last = greedy[0].next_event().unwrap();
    assert_eq!(
        (last.0.as_str(), &last.1["allow_retry"]),
        ("error", &true.into())
    );
    assert!(
        last.1["text"].as_str().unwrap().starts_with(SHORT),
        "{last:?}"
    );
    assert_eq!(greedy[0].next_event().unwrap().0, "done");

    wait_until("the polite tenant is answered", || {
        is_answered(&server.ask("polite/talk", "hi"))
    });
    drop(hogs);
    server.wait_text("there is memory again");
    assert_eq!(server.ask("greedy/talk", "hi").said(), "hi");
    assert_eq!(server.get("/healthz").status, 200);
    // Its neighbour never noticed.
    let labels = [("tenant", "polite"), ("outcome", "memory_short")];
    assert_eq!(server.metric("ravenry_replies_total", &labels), None);
    assert_eq!(
        server.metric("ravenry_running_replies", &[("tenant", "polite")]),
        Some(1.0)
    );
    drop(neighbour);
}

/// A reader who does not take his last words keeps no memory by that: he is cut off.
#[test]
fn who_does_not_read_is_cut_off() {
    let Some(groups) = Groups::with_memory(GROUP_MEBIBYTES << 20) else {
        eprintln!("not tested: no control groups can be made here");
        return;
    };
    let server = two_tenants(&groups);
    // Far more than a socket takes: its guest waits in the middle.
    let deaf = server.open("greedy/talk", "hold 48\nsay 400 100000");
    server.wait_metric("ravenry_running_replies", &[("tenant", "greedy")], 1.0);
    let mut hogs = Vec::new();
    // Without that its connection has a minute to take one buffer.
    let hang = Instant::now() + Duration::from_secs(50);
    while server.metric("ravenry_running_replies", &[("tenant", "greedy")]) == Some(1.0) {
        assert!(Instant::now() < hang, "it keeps its memory");
        // A little above the mark: what is too much is less than it holds.
        let used = server.metric("ravenry_memory_bytes", &[]).unwrap();
        if used < 0.86 * server.metric("ravenry_memory_max_bytes", &[]).unwrap() {
            hogs.push(Hog::in_group(&groups, 8));
        }
        thread::park_timeout(Duration::from_millis(250));
    }
    assert_eq!(server.wait_query("talk")["outcome"], "reader_gone");
    drop((deaf, hogs));
}
