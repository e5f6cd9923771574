//! `ravenry store` with the name of a tenant or a bot that there is not: it says so, and which there are. What is
//! kept of one that nobody mounts any more is reached.

use std::process::Command;

use serde_json::json;

use super::command::{complaint, filled, lines, printed, run};
use super::{ANN, KEEPER, ok, told};
use crate::harness::{Folder, Server};

/// Commands that read or remove what is kept of a bot.
fn of_bot<'a>(bot: &'a str, tenant: &[&'a str]) -> Vec<Vec<&'a str>> {
    let commands: [&[&str]; 5] = [
        &["ls"],
        &["get", "visits"],
        &["rm", "visits"],
        &["export"],
        &["forget", "--user", "u-ann"],
    ];
    let with = |command: &[&'a str]| [command, &["--bot", bot], tenant].concat();
    commands.into_iter().map(with).collect()
}

#[test]
fn a_bot_that_keeps_nothing_is_said_to_be_unknown() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let state = state.path();
    let place = state.join("store.sqlite");
    for arguments in of_bot("kepper", &[]) {
        let expected = format!(
            "error: tenant `local` has no bot `kepper`\n  caused by: nothing was ever kept of it\n  --> {}\n\
             hint: did you mean `keeper`?\n",
            place.display()
        );
        assert_eq!(complaint(state, &arguments, 2), expected);
    }
    let said = complaint(state, &["ls", "--bot", "x"], 2);
    assert!(
        said.contains("hint: there are `keeper`, `other`\n"),
        "{said}"
    );
    // One that keeps nothing any more is not unknown.
    let other = ["--bot", "other"];
    printed(state, &[&["rm", "visits"], &other[..]].concat());
    for of in [&["--user", "u-ann"], &["--conversation", "c-1"]] {
        printed(state, &[&["forget"], &other[..], of].concat());
    }
    assert_eq!(printed(state, &[&["export"], &other[..]].concat()), "");
    let said = complaint(state, &[&["get", "visits"], &other[..]].concat(), 1);
    assert!(said.contains("keeps no key `visits`"), "{said}");
    // What was there is there still.
    assert_eq!(printed(state, &["export"]).lines().count(), 7);
}

#[test]
fn a_tenant_that_keeps_nothing_is_said_to_be_unknown() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let state = state.path();
    let mut all = of_bot("keeper", &["--tenant", "locla"]);
    all.extend([
        vec!["ls", "--tenant", "locla"],
        vec!["ls", "--user", "u-ann", "--tenant", "locla"],
        vec!["export", "--tenant", "locla"],
        vec!["forget", "--user", "u-ann", "--tenant", "locla"],
    ]);
    for arguments in all {
        let said = complaint(state, &arguments, 2);
        assert!(
            said.starts_with(
                "error: there is no tenant `locla`\n  caused by: nothing was ever kept of it\n"
            ),
            "{said}"
        );
        assert!(said.ends_with("hint: did you mean `local`?\n"), "{said}");
    }
    let said = complaint(state, &["ls", "--tenant", "acme"], 2);
    assert!(said.contains("name one with --tenant: `local`"), "{said}");
    // Whose the bot is may be all that was wrong.
    let said = complaint(
        state,
        &["get", "k", "--bot", "keeper", "--tenant", "acme"],
        2,
    );
    assert!(
        said.contains("tenant `local` has one: --tenant local"),
        "{said}"
    );
}

/// Without the operator's file, a name may be a bot that is yet to keep something.
#[test]
fn a_first_value_is_set_and_said_to_be_the_first() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let set = |bot: &str| run(state.path(), &["set", "--bot", bot, "k", "v"]);
    let first = set("kepper");
    assert!(first.status.success() && first.stdout.is_empty());
    let said = String::from_utf8(first.stderr).unwrap();
    assert_eq!(
        said,
        "This is the first that is kept of bot `kepper` of tenant `local`\n"
    );
    for again in [set("kepper"), set("keeper")] {
        assert!(again.status.success() && again.stderr.is_empty());
    }
}

#[test]
fn help_says_that_a_value_is_replaced_and_whose_tenant_is_meant() {
    let state = tempfile::tempdir().unwrap();
    let help = printed(state.path(), &["set", "--help"]);
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Set the value of a key, whether or not it has one",
        "The value, in place of what the key has",
        "The bucket of this person, by the id that Poe has for them",
        "[default: the tenant of the operator's file, if it has one; without a file `local`",
    ] {
        assert!(words.contains(said), "{said}: {help}");
    }
}

/// A server of an operator's file with the tenant `acme`, whose bots keep something, and what `ravenry store` says.
fn operated(tenants: &str) -> Server {
    let operator = format!("[server]\nstate_dir = \"state\"\ncache_dir = \"cache\"\n{tenants}");
    let folder = Folder::empty()
        .manifest(
            "acme.toml",
            &format!("{KEEPER}[bot.late]\nsource = \"keeper.wasm\"\n"),
        )
        .manifest("globex.toml", KEEPER)
        .file("operator.toml", operator);
    folder.directories_of_files().serve()
}

const ACME: &str = "[tenant.acme]\nmanifests = [\"acme.toml\"]\npath_prefix = \"/acme\"\n";
const GLOBEX: &str = "[tenant.globex]\nmanifests = [\"globex.toml\"]\npath_prefix = \"/globex\"\n";

fn store(server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    command.arg("store").args(arguments);
    command.current_dir(server.folder.path());
    command.env("RAVENRY_CONFIG", "operator.toml");
    let output = command
        .env_remove("RAVENRY_STATE_DIR")
        .env_remove("RAVENRY_DATABASE")
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), said)
}

#[test]
fn what_the_operators_file_names_is_known_and_what_was_unmounted_is_reached() {
    let server = operated(&format!("{ACME}{GLOBEX}"));
    for bot in ["acme/keeper", "globex/keeper"] {
        let set = told(&server, bot, ANN, &json!([["set", "user", "k", "v"]]));
        assert_eq!(set, [ok("set")]);
    }
    // Mounted, and keeps nothing: that is no mistake.
    let late = ["--tenant", "acme", "--bot", "late"];
    for (command, code, says) in [
        (&["ls"] as &[_], 0, "There are no such keys\n"),
        (&["export"], 0, ""),
        (&["get", "k"], 1, "keeps no key `k`"),
    ] {
        let (found, said) = store(&server, &[command, &late].concat());
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(says), "{said}");
    }
    for (arguments, says) in [
        (
            &["ls", "--tenant", "acne"] as &[_],
            "error: there is no tenant `acne`\n  caused by: the operator's file does not name it, and nothing was ever kept",
        ),
        (&["ls", "--tenant", "acne"], "hint: did you mean `acme`?"),
        (
            &["export", "--tenant", "acme", "--bot", "kepper"],
            "error: tenant `acme` has no bot `kepper`\n",
        ),
        (
            &["export", "--tenant", "acme", "--bot", "kepper"],
            "hint: did you mean `keeper`?",
        ),
        (
            &["set", "--tenant", "acme", "--bot", "kepper", "k", "v"],
            "hint: did you mean `keeper`?",
        ),
    ] {
        let (code, said) = store(&server, arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    // The bot goes, and then the tenant; what they keep does not.
    let root = server.folder.path();
    let rename = "ravenry = 1\n[bot.other]\nsource = \"keeper.wasm\"\n";
    std::fs::write(root.join("acme.toml"), rename).unwrap();
    let operator = std::fs::read_to_string(root.join("operator.toml")).unwrap();
    std::fs::write(root.join("operator.toml"), operator.replace(GLOBEX, "")).unwrap();
    for tenant in ["acme", "globex"] {
        let flags = ["--tenant", tenant, "--bot", "keeper", "--user", "u-ann"];
        let (code, said) = store(&server, &[&["get", "k"], &flags[..]].concat());
        assert_eq!((code, said.as_str()), (Some(0), "v"));
        let (code, said) = store(&server, &[&["ls", "--json"], &flags[..]].concat());
        assert_eq!((code, lines(&said).len()), (Some(0), 1));
        let flags = ["--tenant", tenant, "--user", "u-ann"];
        let (code, said) = store(&server, &[&["forget"], &flags[..]].concat());
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("Removed 1 entry of user `u-ann`"), "{said}");
    }
}
