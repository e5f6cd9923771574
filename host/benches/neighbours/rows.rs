//! The table of neighbours: what each of them does, and to which bots.

use std::time::Duration;

use crate::{
    load::{request, request_after},
    loud::Load,
    scene::{SMALL_BOTS, Scene},
};

/// One neighbour.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) load: fn(&Scene) -> Load,
    /// Whether the honest bot computes meanwhile, and is measured.
    pub(crate) honest: bool,
    /// Whether it is also measured where there is less than the whole machine.
    pub(crate) narrow: bool,
}

/// The name of the row that needs tools for Python.
pub(crate) const PYTHON: &str = "Python at full rate";

/// What a query of the small bots computes.
const SMALL_WORK: Duration = Duration::from_micros(900);
/// How long a client that leaves lets its loop run.
const STAY: Duration = Duration::from_millis(3);
/// Messages of 640 bytes in a body of 12 MiB.
const LARGE_BODY: usize = 12 * 1024 * 1024 / 640;
/// What a bot is asked behind them.
const AFTER_BODY: &str = "say 1 20";

/// All of them; the first is no neighbour, the standard for the others.
pub(crate) const ROWS: &[Row] = &[
    narrow("alone", |_| Load::Nothing),
    narrow("2 loops", |_| loops(2)),
    wide("32 loops", |_| loops(32)),
    narrow("500 loops", |_| loops(500)),
    narrow("32 leave their loops", |_| {
        Load::Leave(32, request("/loud/talk", "spin"), STAY)
    }),
    narrow("64 bots of 0.9 ms", |scene| {
        let content = scene.compute(SMALL_WORK);
        let one = |number| request(&format!("/loud/small{number}"), &content);
        Load::Ask(SMALL_BOTS, (0..SMALL_BOTS).map(one).collect())
    }),
    wide("random bytes", |_| same(32, "/loud/busy", "random 1048576")),
    wide("log lines", |_| same(32, "/loud/prints", "lines")),
    wide("bad JSON", |_| same(32, "/loud/busy", "json 260000")),
    wide("polls of what is ready", |_| same(32, "/loud/busy", "poll")),
    wide("cheap host calls", |_| same(32, "/loud/calls", "")),
    wide("60 MiB taken and touched", |_| {
        same(16, "/loud/talk", "hold 60")
    }),
    wide("grow by pages", |_| same(32, "/loud/busy", "grow")),
    wide("bodies of 12 MiB", |_| {
        let request = request_after("/loud/talk", LARGE_BODY, AFTER_BODY);
        Load::Ask(4, vec![request])
    }),
    wide(PYTHON, |_| same(16, "/loud/python", "say 3 20")),
    narrow("64 connections", |_| same(64, "/loud/talk", "say 3 20")),
    wide("2048 connections", |_| {
        same(2_048, "/loud/talk", "say 3 20")
    }),
    honest("honest", |_| Load::Nothing),
    honest("honest, 500 loops", |_| loops(500)),
    wide("2 loops outside", |_| Load::Outside(2)),
    wide("32 loops outside", |_| Load::Outside(32)),
    wide("bodies of 12 MiB outside", |_| {
        Load::Elsewhere(4, request_after("/bot", LARGE_BODY, AFTER_BODY))
    }),
    wide("alone, again", |_| Load::Nothing),
];

const fn wide(name: &'static str, load: fn(&Scene) -> Load) -> Row {
    Row {
        name,
        load,
        honest: false,
        narrow: false,
    }
}

const fn narrow(name: &'static str, load: fn(&Scene) -> Load) -> Row {
    Row {
        narrow: true,
        ..wide(name, load)
    }
}

const fn honest(name: &'static str, load: fn(&Scene) -> Load) -> Row {
    Row {
        honest: true,
        ..narrow(name, load)
    }
}

fn same(clients: usize, path: &str, content: &str) -> Load {
    Load::Ask(clients, vec![request(path, content)])
}

fn loops(clients: usize) -> Load {
    same(clients, "/loud/talk", "spin")
}
