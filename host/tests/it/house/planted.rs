//! A breach of each rule, planted: a rule that cannot fail is none. Beside it stands what the rule lets pass.

use super::reader::Source;
use super::rules::{
    causes_are_told_once, exceptions_have_reasons, functions_are_short, has_a_name,
    has_no_banned_code, has_no_banned_words, is_short, items_are_documented, keeps_borders,
    names_from_the_crate, parts_point_downwards, points_downwards, says_what_it_is,
    verbs_stand_alone, waits_by_no_wall_clock,
};
use super::tables::{
    BANNED_BELOW_CLI, BANNED_CODE, BANNED_WORDS, BORDERS, EMPTY_NAMES, FILE_LINES_MAX,
    FUNCTION_LINES_MAX, LEVELS, PARTS, WALL_CLOCK,
};

/// A file of the gateway.
fn gateway(path: &str, text: &str) -> Source {
    Source::new(format!("host/gateway/src/{path}.rs"), text.to_owned())
}

/// A file at a place as `Source::place` has them.
fn at(place: &str, text: &str) -> Source {
    let path = match place.split_once('/') {
        Some((name, below)) if name != "cli" => format!("host/{name}/src/{below}.rs"),
        None if !["main", "cli"].contains(&place) => format!("host/{place}/src/lib.rs"),
        _ => format!("host/src/{place}.rs"),
    };
    Source::new(path, text.to_owned())
}

/// The places that the rule finds in this file, which has one or none.
#[track_caller]
fn found(broken: &[String], wanted: &[&str]) {
    assert_eq!(broken, wanted);
}

#[test]
fn an_edge_upwards_is_found() {
    let rule = |path: &str, text: &str| points_downwards(&gateway(path, text));
    found(
        &rule("bots/reply", "use crate::guard;\nuse crate::server::run;"),
        &["host/gateway/src/bots/reply.rs:2 uses crate::server; bots (3) may not know server (4)"],
    );
    // On a level, and in a group.
    found(
        &rule("guard", "use crate::{metrics, compute};"),
        &["host/gateway/src/guard.rs:1 uses crate::compute; guard (1) may not know compute (1)"],
    );
    found(
        &rule("news", ""),
        &["host/gateway/src/news.rs: the module `news` has no level"],
    );
    found(&rule("server", "use crate::bots;"), &[]);
    found(&rule("sandbox", "use crate::imports;"), &[]);
    found(
        &points_downwards(&at("config/keys", "use crate::ids;")),
        &[],
    );
    found(
        &rule("guard", "// use crate::server;\nlet a = \"crate::server\";"),
        &[],
    );
}

#[test]
fn an_edge_upwards_between_parts_is_found() {
    let rule = |place: &str, text: &str| parts_point_downwards(&at(place, text));
    let text = "use super::{\n    recent::Recent,\n    platform::Shared,\n};";
    found(
        &rule("desk/simulator/ledger", text),
        &[
            "host/desk/src/simulator/ledger.rs:3 uses platform; ledger (1) may not know platform (6)",
        ],
    );
    let text = "use crate::{\n    client,\n    simulator::api,\n};\nuse super::serve;";
    found(
        &rule("desk/simulator/web/ask", text),
        &["host/desk/src/simulator/web/ask.rs:3 uses api; web (7) may not know api (10)"],
    );
    found(
        &rule("desk/simulator/news", ""),
        &["host/desk/src/simulator/news.rs: the part `news` has no level"],
    );
    found(&rule("desk/simulator", "mod api;"), &[]);
    found(&rule("desk/chat/files", "use super::api;"), &[]);
}

/// No level is named twice, or one of them would never be looked at.
#[test]
fn each_module_has_one_level() {
    for (name, levels) in LEVELS.iter().chain(PARTS) {
        for (module, _) in *levels {
            let named = levels.iter().filter(|(other, _)| other == module).count();
            assert_eq!(named, 1, "{name}/{module}");
        }
    }
}

#[test]
fn a_verb_that_knows_a_verb_is_found() {
    let rule = |place: &str, text: &str| verbs_stand_alone(&at(place, text));
    // By the whole path, in a group, from above; also from a part of a verb, and from what is shared.
    for (place, text) in [
        ("cli/verbs/chat", "use crate::cli::verbs::up::Up;"),
        ("cli/verbs/chat", "use crate::cli::{load, verbs::up};"),
        ("cli/verbs/chat", "use super::up::Up;"),
        ("cli/verbs/chat", "use super::{check, up};"),
        ("cli/verbs/chat", "let up = super::up::list();"),
        ("cli/verbs/test/tally", "use super::super::up;"),
        ("cli/load", "use super::verbs::up;"),
    ] {
        let wanted = format!("host/src/{place}.rs:2 knows a verb");
        found(&rule(place, &format!("\n{text}")), &[&wanted]);
    }
    for (place, text) in [
        ("cli/verbs/chat", "use crate::cli::load;"),
        ("cli/verbs/chat", "mod tests { use super::*; }"),
        ("cli/verbs/test", "use self::tally::Tally;"),
        ("cli/verbs/test/tally", "use super::log;"),
        ("cli/load", "use super::environment;"),
        ("cli", "use self::verbs::{chat::Chat, up::Up};"),
        ("cli/verbs", "pub(super) mod up;"),
        ("gateway/bots", "use super::up::verbs;"),
    ] {
        found(&rule(place, text), &[]);
    }
}

#[test]
fn an_edge_by_two_steps_up_is_found() {
    let text = "\nuse super::super::server;";
    found(
        &names_from_the_crate(&gateway("bots/reply", text)),
        &["host/gateway/src/bots/reply.rs:2"],
    );
    found(
        &names_from_the_crate(&gateway("bots/deployment/change", text)),
        &[],
    );
}

/// Each library, outside of its place.
#[test]
fn a_library_across_its_border_is_found() {
    for (libraries, allowed) in BORDERS {
        for library in *libraries {
            let text = format!("use std::fs;\nuse {library}::Thing;");
            found(
                &keeps_borders(&at("gateway/charges", &text)),
                &[&format!(
                    "gateway/charges.rs:2 names {library}, which belongs to {}",
                    allowed.join(", ")
                )],
            );
            found(&keeps_borders(&at(allowed[0], &text)), &[]);
            let ours = format!("use crate::{library}::Thing; let {library}s = 1;");
            found(&keeps_borders(&gateway("charges", &ours)), &[]);
        }
    }
}

#[test]
fn a_look_at_the_wall_clock_is_found() {
    let text = "\nlet late = std::time::SystemTime::now() + wait;";
    let rule = |place: &str| waits_by_no_wall_clock(&at(place, text));
    found(&rule("gateway/bots/reply"), &["gateway/bots/reply.rs:2"]);
    for allowed in WALL_CLOCK {
        found(&rule(allowed), &[]);
    }
}

#[test]
fn a_long_file_is_found() {
    let rule = |lines: usize| is_short(&gateway("ids", &"\n".repeat(lines)));
    found(&rule(FILE_LINES_MAX), &[]);
    assert_eq!(rule(FILE_LINES_MAX + 1).len(), 1);
}

#[test]
fn a_file_without_a_word_about_itself_is_found() {
    assert_eq!(
        says_what_it_is(&gateway("ids", "use std::fs;\n//! Late.")).len(),
        1
    );
    found(&says_what_it_is(&gateway("ids", "//! Names.")), &[]);
}

#[test]
fn a_name_that_says_nothing_is_found() {
    for name in EMPTY_NAMES {
        assert_eq!(has_a_name(&gateway(&format!("bots/{name}"), "")).len(), 1);
    }
    found(&has_a_name(&gateway("bots/reply", "")), &[]);
}

#[test]
fn a_long_function_is_found() {
    let function = |lines: usize| format!("\nfn short();\nfn f() {{{}}}", "\n".repeat(lines - 1));
    let rule = |path: &str, lines| functions_are_short(&gateway(path, &function(lines)));
    found(&rule("ids", FUNCTION_LINES_MAX), &[]);
    found(
        &rule("ids", FUNCTION_LINES_MAX + 1),
        &["host/gateway/src/ids.rs:3 has 71 lines; 70 are allowed"],
    );
    found(&rule("config/tests", FUNCTION_LINES_MAX + 1), &[]);
}

#[test]
fn an_item_without_documentation_is_found() {
    let text = "/// An interface.\ninterface a {\n  use b.{c};\n  /// A function.\n  f: func(\n    x: u8\n  );\n  g: func();\n}\n";
    found(
        &items_are_documented("a.wit", text),
        &["a.wit:8 `g: func();`"],
    );
}

#[test]
fn an_exception_without_a_reason_is_found() {
    let rule = |text: &str| exceptions_have_reasons(&gateway("ids", text));
    found(
        &rule("\n#[expect(clippy::panic)]"),
        &["host/gateway/src/ids.rs:2 `[expect(clippy::panic)]`"],
    );
    assert_eq!(rule("#![allow(dead_code)]").len(), 1);
    found(&rule("#[expect(clippy::panic, reason = \"one\")]"), &[]);
}

#[test]
fn banned_code_is_found() {
    for (banned, instead) in BANNED_CODE.iter().chain(BANNED_BELOW_CLI) {
        let text = format!("\nlet a = {banned}\"x\");");
        found(
            &has_no_banned_code(&at("outbound/client", &text)),
            &[&format!(
                "host/outbound/src/client.rs:2 has `{banned}`; {instead}"
            )],
        );
        // In words it may be spoken of.
        let text = format!("// {banned}");
        found(&has_no_banned_code(&at("outbound/client", &text)), &[]);
    }
    for (banned, _) in BANNED_BELOW_CLI {
        found(&has_no_banned_code(&at("cli/up", banned)), &[]);
        let outside = Source::new("host/tests/it/a.rs".to_owned(), (*banned).to_owned());
        found(&has_no_banned_code(&outside), &[]);
    }
}

#[test]
fn banned_words_are_found() {
    for word in BANNED_WORDS {
        let text = format!("fine\n# {word} later\n");
        found(
            &has_no_banned_words("a.md", &text, "/home/somebody/checkout"),
            &[&format!("a.md:2 has {word}")],
        );
    }
    found(
        &has_no_banned_words(
            "a.md",
            "see /home/somebody/checkout/x",
            "/home/somebody/checkout",
        ),
        &["a.md:1 has a path of this machine"],
    );
}

#[test]
fn a_cause_that_is_told_twice_is_found() {
    let rule = |text: &str| causes_are_told_once(&gateway("charges", text));
    found(
        &rule("    #[error(\"not noted ({0})\")]\n    Disk(#[from] io::Error),"),
        &["host/gateway/src/charges.rs:2 `Disk(#[from] io::Error),`"],
    );
    found(
        &rule("#[error(\"not noted\")]\nDisk(#[source] io::Error),"),
        &[],
    );
    found(
        &rule("#[error(\"{0} is gone\")]\nDisk(String, #[source] io::Error),"),
        &[],
    );
    found(
        &rule("#[error(\"not noted ({0})\")]\nDisk(io::Error),"),
        &[],
    );
    found(
        &rule("#[error(transparent)]\nDisk(#[from] io::Error),"),
        &[],
    );
}
