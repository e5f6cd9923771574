//! What is wrong with an author's manifest, sentence by sentence.

use insta::assert_snapshot;

use super::scene::Scene;
use crate::{ids::BotName, resolve::BotSpec};

/// What is wrong with a component shows beside what is wrong with the file.
#[test]
fn unfit_components_show_with_the_rest() {
    let text = "manifest_version = 1\n[bot.cat]\nsource = \"cat.wasm\"\ncolour = 1\n[bot.dog]\nsource = \"nowhere.wasm\"\n";
    let scene = Scene::new(&[("ravenry.toml", text), ("cat.wasm", "unfit")]);
    assert_snapshot!(scene.manifest("ravenry.toml").unwrap_err(), @r"
    error: bot `cat` cannot be mounted
      caused by: `DIR/cat.wasm`: it says so
      --> DIR/ravenry.toml:2:1
    hint: build it again
    error: unknown key `colour` in [bot.cat]
      --> DIR/ravenry.toml:4:1
    hint: known here: `route`, `source`, `build`, `poe`, `config`, `allowed_outbound_hosts`, `secrets`, `limits`, `store`, `knowledge`
    error: bot `dog` has nothing to run: `DIR/nowhere.wasm` cannot be read
      caused by: No such file or directory (os error 2)
      --> DIR/ravenry.toml:6:11
    hint: correct `source`; it is relative to the file that names it
    3 errors
    ");
}

/// What is wrong with some of them leaves the others; a caller that wants all of them hears of it.
#[test]
fn a_bot_that_is_wrong_leaves_the_others() {
    let bot = |name: &str, lines: &str| format!("[bot.{name}]\nsource = \"cat.wasm\"\n{lines}\n");
    let text = [
        "manifest_version = 1\n".to_owned(),
        bot("well", ""),
        bot("mistyped", "colour = 1"),
        bot(
            "greedy",
            "limits = { memory = \"3GiB\", live_memory = \"1GiB\" }",
        ),
        bot("keyless", "poe = { access_key = { env = \"UNSET\" } }"),
    ];
    let scene = Scene::new(&[("a/ravenry.toml", &text.concat()), ("a/cat.wasm", "")]);
    scene.write("b/ravenry.toml", b"manifest_version = 1\n[bot.torn\n");
    let spec = scene.served_path("").unwrap();
    let names =
        |bots: &[BotSpec]| -> Vec<String> { bots.iter().map(|bot| bot.name.to_string()).collect() };
    assert_eq!(names(&spec.tenants[0].bots), ["well"]);
    assert_eq!(names(&spec.aside), ["mistyped", "greedy", "keyless"]);
    // No room is kept for what no bot can have.
    assert_eq!(spec.aside[1].limits.memory, 1 << 30);
    let refused: Vec<_> = spec.refused.iter().map(|it| it.bot.clone()).collect();
    let refused: Vec<_> = refused
        .iter()
        .map(|bot| bot.as_ref().map(BotName::as_str))
        .collect();
    assert_eq!(
        refused,
        [Some("mistyped"), Some("greedy"), Some("keyless"), None]
    );
    assert_eq!(spec.whole().unwrap_err().0.len(), 4);

    // What is wrong with the flags is wrong with everybody.
    let flagged = scene.flag("colour", "1").served_path("").unwrap_err();
    assert!(
        flagged.contains("a limit for all bots cannot be set"),
        "{flagged}"
    );
    assert!(flagged.contains("`colour` in [bot.mistyped]"), "{flagged}");
}

/// A file full of mistakes is corrected in one go, not in fourteen.
#[test]
fn all_mistakes_show_at_once() {
    let text = r#"
[bot.cat]
route = "cat"
source = "nowhere"
poe = { name = "C", access_key = "planted-key" }
config = { n = 3 }
limits = { memmory = "1MiB", memory = 64, cpu = "0s" }
colour = 1
[bot.Dog]
source = { oci = "x" }
build = { watch = ["x"] }
allowed_outbound_hosts = ["a"]
[bots]
"#;
    let scene = Scene::new(&[("ravenry.toml", text)]);
    assert_snapshot!(scene.manifest("ravenry.toml").unwrap_err(), @r#"
    error: `manifest_version` is missing
      --> DIR/ravenry.toml:1:1
    hint: write `manifest_version = 1` as the first line
    error: `route` in [bot.cat]: a route starts with `/`
      --> DIR/ravenry.toml:3:10
    hint: a route looks like "/cat"
    error: bot `cat` has nothing to run: `DIR/nowhere` cannot be read
      caused by: No such file or directory (os error 2)
      --> DIR/ravenry.toml:4:11
    hint: correct `source`; it is relative to the file that names it
    error: an access key stands in the file, as `bot.cat.poe.access_key`
      --> DIR/ravenry.toml:5:35
    hint: write { env = "CAT_ACCESS_KEY" } or { file = "cat.key" }, and keep the key there
    error: `n` in [bot.cat.config] must be text in quotes, not a whole number
      --> DIR/ravenry.toml:6:16
    hint: put the value in quotes: a bot reads all of them as text
    error: unknown limit `memmory` in [bot.cat.limits]
      --> DIR/ravenry.toml:7:12
    hint: did you mean `memory`?
    error: `memory` in [bot.cat.limits] needs a unit
      --> DIR/ravenry.toml:7:39
    hint: write `memory = "64MiB"`, or what you mean
    error: `cpu` in [bot.cat.limits] must be more than 0
      --> DIR/ravenry.toml:7:50
    error: unknown key `colour` in [bot.cat]
      --> DIR/ravenry.toml:8:1
    hint: known here: `route`, `source`, `build`, `poe`, `config`, `allowed_outbound_hosts`, `secrets`, `limits`, `store`, `knowledge`
    error: `Dog` cannot name a bot: a name is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and starts with a letter or a digit
      --> DIR/ravenry.toml:9:6
    error: `source` in [bot.Dog] names a registry; registries are not supported yet
      --> DIR/ravenry.toml:10:10
    hint: name a directory, a .wasm or a .py file, relative to this file
    error: `command` is missing in [bot.Dog.build]
      --> DIR/ravenry.toml:11:9
    hint: write how to build the bot, or take `build` out
    error: an entry of `allowed_outbound_hosts` in [bot.Dog] does not start with `https://` or `http://`
      --> DIR/ravenry.toml:12:28
    hint: write "https://api.example.com", with a port behind it where it is another than the usual
    error: unknown key `bots` at the top of the file
      --> DIR/ravenry.toml:13:2
    hint: did you mean `bot`?
    14 errors
    "#);
}

/// What one mistake says in full, line by line; the file is left out of the places.
#[track_caller]
fn says(body: &str, expected: &[&str]) {
    let text = format!("manifest_version = 1\n{body}\n");
    let scene = Scene::new(&[("m.toml", &text), ("cat.wasm", "")]);
    let said = scene
        .manifest("m.toml")
        .err()
        .unwrap_or_default()
        .replace("DIR/m.toml:", "");
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "for {body}");
}

/// As [`says`], of a line in the table of a bot that is well otherwise.
#[track_caller]
fn cat_says(line: &str, expected: &[&str]) {
    says(
        &format!("[bot.cat]\nsource = \"cat.wasm\"\n{line}"),
        expected,
    );
}

#[test]
fn what_is_no_toml_is_placed() {
    let not = "error: `DIR/m.toml` is not valid TOML";
    says(
        "[bot.cat]\n[bot.cat]",
        &[
            not,
            "  caused by: `cat` stands there twice, first at 2:1",
            "  --> 3:1",
        ],
    );
    says(
        "x = [1,",
        &[not, "  caused by: the file ends in the middle", "  --> 3:1"],
    );
    says(
        "x = sk-live",
        &[
            not,
            "  caused by: the text has no quotes around it",
            "  --> 2:5",
        ],
    );
}

#[test]
fn what_no_bot_can_be_made_of_is_refused() {
    let none = "hint: declare one: `[bot.cat]`, and below it `source = \"cat\"`";
    let path = "hint: name a directory, a .wasm or a .py file, relative to this file";
    let missing =
        "hint: write `source = \"cat\"`: a directory, a .wasm or a .py file, relative to this file";
    cat_says("", &[]);
    says("", &["error: the file declares no bot", "  --> 1:1", none]);
    says(
        "bot = {}",
        &["error: the file declares no bot", "  --> 1:1", none],
    );
    says(
        "bot = 3",
        &[
            "error: `bot` must be a table, not a whole number",
            "  --> 2:7",
        ],
    );
    says(
        "bot.cat = 3",
        &[
            "error: `bot.cat` must be a table, not a whole number",
            "  --> 2:11",
        ],
    );
    says(
        "[bot.cat]",
        &[
            "error: `source` is missing in [bot.cat]",
            "  --> 2:1",
            missing,
        ],
    );
    says(
        "[bot.cat]\nsource = \"\"",
        &["error: `source` in [bot.cat] is empty", "  --> 3:10"],
    );
    let registry =
        "error: `source` in [bot.cat] names a registry; registries are not supported yet";
    says(
        "[bot.cat]\nsource = \"oci://ghcr.io/x\"",
        &[registry, "  --> 3:11", path],
    );
    let number = "error: `source` in [bot.cat] must be a path in quotes, not a whole number";
    says("[bot.cat]\nsource = 3", &[number, "  --> 3:10", path]);
}

#[test]
fn routes_are_checked() {
    let text = "error: `route` in [bot.cat] must be text in quotes, not a whole number";
    cat_says("route = 7", &[text, "  --> 4:9"]);
    let dots = "error: `route` in [bot.cat]: a route has no segment `.` or `..`";
    cat_says(
        "route = \"/../x\"",
        &[dots, "  --> 4:10", "hint: a route looks like \"/cat\""],
    );
    let health = "error: bot `cat` cannot be mounted at `/healthz`";
    let ours = "  caused by: the gateway answers there itself";
    cat_says(
        "route = \"/healthz/\"",
        &[
            health,
            ours,
            "  --> 2:1",
            "hint: give the bot another `route`",
        ],
    );
    let taken = "error: bot `cat` cannot be mounted at `/cat`";
    let other = "  caused by: bot `dog` is mounted there, declared at 2:1";
    says(
        "[bot.dog]\nsource = \"cat.wasm\"\nroute = \"/cat/\"\n[bot.cat]\nsource = \"cat.wasm\"",
        &[
            taken,
            other,
            "  --> 5:1",
            "hint: give one of them another `route`",
        ],
    );
}

#[test]
fn keys_must_stand_elsewhere_and_be_there() {
    let elsewhere = "hint: write { env = \"CAT_ACCESS_KEY\" } or { file = \"cat.key\" }, and keep the key there";
    let table = "error: `bot.cat.poe` must be a table, not text";
    cat_says("poe = \"k3y-in-the-wrong-place\"", &[table, "  --> 4:8"]);
    let neither = "error: none of `env`, `file` and `secret` stands in [bot.cat.poe.access_key]";
    cat_says(
        "poe = { access_key = {} }",
        &[neither, "  --> 4:22", elsewhere],
    );
    let both = "error: `env` and `file` both stand in [bot.cat.poe.access_key]; one is enough";
    cat_says(
        "poe = { access_key = { env = \"A\", file = \"b\" } }",
        &[both, "  --> 4:22"],
    );
    let empty = "error: `access_keys` in [bot.cat.poe] is empty";
    cat_says(
        "poe = { access_keys = [] }",
        &[
            empty,
            "  --> 4:23",
            "hint: take it out to serve the bot to everybody",
        ],
    );
    let cannot = "error: bot `cat` cannot have its access key";
    let unset = "  caused by: environment variable `CAT_KEY` is not set";
    let export = "hint: set it before the start: `export CAT_KEY=…`";
    cat_says(
        "poe = { access_key = { env = \"CAT_KEY\" } }",
        &[cannot, unset, "  --> 4:22", export],
    );
    let unread = "  caused by: file `DIR/keys/cat` cannot be read";
    let nowhere = "  caused by: No such file or directory (os error 2)";
    let write = "hint: write the key into it, on one line";
    cat_says(
        "poe = { access_key = { file = \"keys/cat\" } }",
        &[cannot, unread, nowhere, "  --> 4:22", write],
    );
}

#[test]
fn config_and_limits_are_checked() {
    let name = "error: a name in [bot.cat.config] is not the name of a variable";
    let letters = "hint: it becomes one in the bot: use letters, digits and `_`";
    cat_says(
        "config = { \"a b\" = \"\" }",
        &[name, "  --> 4:13", letters],
    );
    let fit =
        "error: `memory` of bot `cat` is 2GiB; all its instances (`live_memory`) have only 1GiB";
    let lower = "hint: lower it, or give more to all together";
    cat_says(
        "limits = { memory = \"2GiB\" }",
        &[fit, "  --> 4:12", lower],
    );
    let count = "error: `running` in [bot.cat.limits] must be a whole number, such as 512";
    cat_says("limits = { running = -1 }", &[count, "  --> 4:22"]);
    cat_says(
        "limits = { running = 1.5 }",
        &[&format!("{count}, not a decimal number"), "  --> 4:22"],
    );
    let unknown = "error: unknown limit `queue-wait` in [bot.cat.limits]";
    cat_says(
        "limits = { queue-wait = \"1s\" }",
        &[unknown, "  --> 4:12", "hint: did you mean `queue_wait`?"],
    );
}
