//! Components that attack: each reply ends well, the neighbour answers, and the slot comes back.
//!
//! What is in `tests/hostile` and has no row in [`CASES`] or [`ELSEWHERE`] fails a test.

mod alone;
mod cache;
mod counted;
mod heavy;
mod kept;
mod unfit;

use std::collections::BTreeSet;

use crate::harness::{Server, hostile_names};

/// What a reader and an operator see of one attack.
struct Case {
    /// The guest.
    name: &'static str,
    /// Its limits in the manifest.
    limits: &'static str,
    /// Its reply without the last two events, as [`Answer::show`](crate::harness::Answer::show) writes it.
    says: &'static str,
    /// The sentence of the error that ends it, without the reference; it may be one of several.
    error: &'static [&'static str],
    /// How the log says that it ended.
    outcome: &'static [&'static str],
}

const BEFORE: &str = "text {\"text\":\"before\"}\n";
/// One of the words that guests written by hand say.
macro_rules! x {
    () => {
        "text {\"text\":\"x\"}\n"
    };
}
const X: &str = x!();
const QUICK: &str = "cpu = \"200ms\"";

const CPU: &[&str] = &["The bot used up its computing time"];
const MEMORY: &[&str] = &["The bot ran out of memory"];
const MIDDLE: &[&str] = &["The bot stopped in the middle"];
const BEGINNING: &[&str] = &["The bot failed before it could answer"];
const LENGTH: &[&str] = &["The bot said more than a reply may hold"];

/// The attacks of which all looks the same: one reply, ended by the gateway.
const CASES: &[Case] = &[
    Case {
        name: "loop-before-first-event",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "loop-after-first-event",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "loop-in-constructor",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "start-loop",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "realloc-loop",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "host-call-flood",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "log-flood",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "allocation-bomb",
        limits: "memory = \"16MiB\"",
        says: BEFORE,
        error: MEMORY,
        outcome: &["out_of_memory"],
    },
    // 17 pages of memory and 20 KiB: two times 1,000 elements fit. The places of the engine have 4,096.
    Case {
        name: "table-bomb",
        limits: "cpu = \"200ms\", memory = \"1108KiB\"",
        says: concat!(x!(), x!(), x!()),
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    // Of all memories together, three times 4 MiB fit; of each alone, as many.
    Case {
        name: "memories-bomb",
        limits: "cpu = \"200ms\", memory = \"16MiB\"",
        says: concat!(x!(), x!(), x!(), x!()),
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "deep-recursion",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "trap-in-the-middle",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "panic-in-the-middle",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "text-out-of-bounds",
        limits: "",
        says: X,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "text-not-utf8",
        limits: "",
        says: X,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "realloc-out-of-bounds",
        limits: "",
        says: "",
        error: BEGINNING,
        outcome: &["trapped"],
    },
    Case {
        name: "huge-random",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "handle-leak",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "empty-event-flood",
        limits: "",
        says: "",
        error: LENGTH,
        outcome: &["too_long"],
    },
    Case {
        name: "huge-event",
        limits: "",
        says: BEFORE,
        error: LENGTH,
        outcome: &["too_long"],
    },
];

/// The attacks that have a test of their own, here or in another file.
const ELSEWHERE: &[&str] = &[
    "breaks-the-framing",
    "event-flood",
    "file-hoarder",
    "forged-log",
    "hoards",
    "huge-members",
    "huge-minimum-memory",
    "hundred-memories",
    "looks-for-leftovers",
    "loop-in-settings",
    "never-returns",
    "reaches-outside",
    "speaks-after-the-end",
    "speaks-in-settings",
    "trap-in-reports",
];

/// A hostile guest without a test is as good as none.
#[test]
fn every_hostile_guest_has_a_test() {
    let tested = CASES
        .iter()
        .map(|case| case.name)
        .chain(ELSEWHERE.iter().copied());
    assert_eq!(
        tested.map(str::to_owned).collect::<BTreeSet<_>>(),
        hostile_names()
    );
}

/// A server with one hostile bot and a neighbour.
fn under_attack(name: &str, limits: &str) -> Server {
    Server::start(&format!(
        "[bot.hostile]\nsource = \"{name}.wasm\"\nlimits = {{ {limits} }}\n[bot.echo]\nsource = \"echo.wasm\"\n"
    ))
}

/// After the attack: nothing of it runs, and the neighbour answers.
fn is_well(server: &Server) {
    server.wait_running("hostile", 0.0);
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// The whole of [`CASES`], four servers at a time.
#[test]
fn every_attack_ends_with_an_error_and_done() {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || CASES.iter().skip(worker).step_by(4).for_each(Case::check));
        }
    });
}

impl Case {
    fn check(&self) {
        let server = under_attack(self.name, self.limits);
        let attack = server.open("hostile", "hi");
        assert_eq!(
            server.ask("echo", "still there?").said(),
            "still there?",
            "{}",
            self.name
        );
        let answer = attack.rest();
        let shown = answer.show();
        let expected = self.error.iter().any(|sentence| {
            let retry = ["true", "false"].map(|retry| {
                let text = format!("{sentence} (reference [REF]).");
                format!(
                    "{}error {{\"allow_retry\":{retry},\"text\":\"{text}\"}}\ndone {{}}\n",
                    self.says
                )
            });
            retry.contains(&shown)
        });
        assert!(expected, "{}:\n{shown}", self.name);
        let record = server.wait_query("hostile");
        assert_eq!(record["reference"], answer.reference(), "{}", self.name);
        assert!(
            self.outcome
                .iter()
                .any(|outcome| record["outcome"] == *outcome),
            "{}: {record}",
            self.name
        );
        is_well(&server);
        let resident = server.resident_bytes();
        assert!(
            resident < 600 << 20,
            "{}: {resident} bytes are in use",
            self.name
        );
    }
}
