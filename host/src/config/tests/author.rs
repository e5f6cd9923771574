//! The author's manifest.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;

use super::super::limits::Limits;
use super::super::resolve::Build;
use super::scene::Scene;

/// Every key of the manifest, and what each means.
#[test]
fn a_whole_manifest_is_read() {
    let text = r#"
manifest_version = 1

[bot.cat]
route  = "/pets/cat/"
source = "cat"
poe    = { name = "HerokuCat", access_keys = [{ env = "CAT_KEY" }, { file = "keys/old" }] }
allowed_outbound_hosts = []
config = { greeting = "meow", LANG = "en" }
limits = { memory = "32MiB", cpu = "1s", running = 7, text = "1_000" }
build  = { command = "cargo build", watch = ["src/**"] }

[bot.dog]
source = "dog.wasm"
"#;
    let files = [("p/ravenry.toml", text), ("p/dog.wasm", ""), ("p/keys/old", "old-key\r\n\n")];
    let scene = Scene::new(&files).variable("CAT_KEY", "new-key");
    let spec = scene.manifest("p/ravenry.toml").unwrap();
    let [tenant] = spec.tenants.as_slice() else { panic!("one tenant") };
    assert_eq!((tenant.name.as_str(), tenant.prefix.as_ref(), tenant.hosts.len()), ("local", None, 0));
    assert_eq!((tenant.running, tenant.queue, tenant.memory), (2048, 1024, 4 << 30));
    let [cat, dog] = tenant.bots.as_slice() else { panic!("two bots") };

    assert_eq!((cat.name.as_str(), cat.route.as_str()), ("cat", "/pets/cat"));
    assert_eq!(scene.shown(&cat.source), "DIR/p/cat");
    assert_eq!(cat.poe_name.as_deref(), Some("HerokuCat"));
    assert_eq!(cat.access_keys.len(), 2);
    assert!(cat.access_keys[0].matches(b"new-key") && cat.access_keys[1].matches(b"old-key"));
    let config: Vec<_> = cat.config.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(config, [("LANG", "en"), ("greeting", "meow")]);
    let limits = Limits { memory: 32 << 20, cpu: Duration::from_secs(1), running: 7, text: 1000, ..Limits::default() };
    assert_eq!(cat.limits, limits);
    assert_eq!(cat.build, Some(Build { command: "cargo build".to_owned(), watch: vec!["src/**".to_owned()] }));
    assert_eq!(scene.shown(Path::new(&cat.place.to_string())), "DIR/p/ravenry.toml:4:1");

    assert_eq!((dog.route.as_str(), dog.access_keys.len(), &dog.limits), ("/dog", 0, &Limits::default()));
    assert_eq!((spec.drain, spec.ceilings), (Duration::from_secs(30), Limits::default()));
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
    hint: known here: `route`, `source`, `build`, `poe`, `allowed_outbound_hosts`, `config`, `limits`
    error: `Dog` cannot name a bot: a name is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and starts with a letter or a digit
      --> DIR/ravenry.toml:9:6
    error: `source` in [bot.Dog] names a registry; registries are not supported yet
      --> DIR/ravenry.toml:10:10
    hint: name a directory or a .wasm file, relative to this file
    error: `command` is missing in [bot.Dog.build]
      --> DIR/ravenry.toml:11:9
    hint: write how to build the bot, or take `build` out
    error: `allowed_outbound_hosts` in [bot.Dog] names hosts, but outbound HTTP is not offered yet
      --> DIR/ravenry.toml:12:28
    hint: leave the list empty; every outbound request is denied
    error: unknown key `bots` at the top of the file
      --> DIR/ravenry.toml:13:2
    hint: did you mean `bot`?
    14 errors
    "#);
}

/// One mistake, what it says in full. `DIR/m.toml` is left out of the place.
#[track_caller]
fn says(body: &str, expected: &str) {
    let scene = Scene::new(&[("m.toml", &format!("manifest_version = 1\n{body}\n")), ("cat.wasm", "")]);
    let text = match scene.manifest("m.toml") {
        Ok(_) => "nothing".to_owned(),
        Err(text) => text.replace("DIR/m.toml:", ""),
    };
    assert_eq!(text, expected, "for {body}");
}

#[test]
fn each_mistake_has_its_sentence() {
    let cat = |rest: &str| format!("[bot.cat]\nsource = \"cat.wasm\"\n{rest}");
    says(&cat(""), "nothing");
    says("", "error: the file declares no bot\n  --> 1:1\nhint: declare one: `[bot.cat]`, and below it `source = \"cat\"`");
    says("bot = 3", "error: `bot` must be a table, not a whole number\n  --> 2:7\nerror: the file declares no bot\n  --> 1:1\nhint: declare one: `[bot.cat]`, and below it `source = \"cat\"`\n2 errors".replace("error: `bot` must be a table, not a whole number\n  --> 2:7\nerror: the file declares no bot\n  --> 1:1\nhint: declare one: `[bot.cat]`, and below it `source = \"cat\"`", "error: the file declares no bot\n  --> 1:1\nhint: declare one: `[bot.cat]`, and below it `source = \"cat\"`\nerror: `bot` must be a table, not a whole number\n  --> 2:7").as_str());
    says("[bot.cat]", "error: `source` is missing in [bot.cat]\n  --> 2:1\nhint: write `source = \"cat\"`: a directory or a .wasm file, relative to this file");
    says(&cat("route = 7"), "error: `route` in [bot.cat] must be text in quotes, not a whole number\n  --> 4:9");
    says(&cat("route = \"/healthz/\""), "error: bot `cat` cannot be mounted at `/healthz`\n  caused by: the gateway answers there itself\n  --> 2:1\nhint: give the bot another `route`");
    says("[bot.cat]\nsource = \"oci://ghcr.io/x\"", "error: `source` in [bot.cat] names a registry; registries are not supported yet\n  --> 3:11\nhint: name a directory or a .wasm file, relative to this file");
    says("[bot.cat]\nsource = \"\"", "error: `source` in [bot.cat] is empty\n  --> 3:11");
    says(&cat("poe = \"k3y-in-the-wrong-place\""), "error: `bot.cat.poe` must be a table, not text\n  --> 4:8");
    says(&cat("poe = { access_key = {} }"), "error: neither `env` nor `file` stands in [bot.cat.poe.access_key]\n  --> 4:22\nhint: write { env = \"CAT_ACCESS_KEY\" } or { file = \"cat.key\" }, and keep the key there");
    says(&cat("poe = { access_keys = [] }"), "error: `access_keys` in [bot.cat.poe] is empty\n  --> 4:23\nhint: take it out to serve the bot to everybody");
    says(&cat("poe = { access_key = { env = \"CAT_KEY\" } }"), "error: bot `cat` cannot have its access key\n  caused by: environment variable `CAT_KEY` is not set\n  --> 4:22\nhint: set it before the start: `export CAT_KEY=…`");
    says(&cat("poe = { access_key = { file = \"keys/cat\" } }"), "error: bot `cat` cannot have its access key\n  caused by: file `DIR/keys/cat` cannot be read\n  caused by: No such file or directory (os error 2)\n  --> 4:22\nhint: write the key into it, on one line");
    says(&cat("config = { \"a b\" = \"\" }"), "error: a name in [bot.cat.config] is not the name of a variable\n  --> 4:13\nhint: it becomes one in the bot: use letters, digits and `_`");
    says(&cat("limits = { memory = \"2GiB\" }"), "error: `memory` of bot `cat` is 2GiB; all its instances (`live_memory`) have only 1GiB\n  --> 4:12\nhint: lower it, or give more to all together");
    says(&cat("limits = { running = 1.5 }"), "error: `running` in [bot.cat.limits] must be a whole number, such as 512, not a decimal number\n  --> 4:22");
    says(&cat("limits = { running = -1 }"), "error: `running` in [bot.cat.limits] must be a whole number, such as 512\n  --> 4:22");
    says(&cat("limits = { queue-wait = \"1s\" }"), "error: unknown limit `queue-wait` in [bot.cat.limits]\n  --> 4:12\nhint: did you mean `queue_wait`?");
    says(&cat("[bot.cat]"), "error: `DIR/m.toml` is not valid TOML\n  caused by: `cat` stands there twice, first at 2:1\n  --> 4:1");
    says("x = [1,", "error: `DIR/m.toml` is not valid TOML\n  caused by: the file ends in the middle\n  --> 3:1");
    says("x = sk-live", "error: `DIR/m.toml` is not valid TOML\n  caused by: the text has no quotes around it\n  --> 2:5");
    says("[bot.dog]\nsource = \"cat.wasm\"\nroute = \"/cat/\"\n[bot.cat]\nsource = \"cat.wasm\"", "error: bot `cat` cannot be mounted at `/cat`\n  caused by: bot `dog` is mounted there, declared at 2:1\n  --> 5:1\nhint: give one of them another `route`".replace("bot `cat` cannot", "bot `cat` cannot").as_str());
}

#[test]
fn the_version_is_asked_for_first() {
    for (line, message) in [
        ("manifest_version = 2", "error: `manifest_version` is 2; this gateway reads version 1\n  --> DIR/m.toml:1:20"),
        (
            "manifest_version = \"1\"",
            "error: `manifest_version` must be 1, not text\n  --> DIR/m.toml:1:21\nhint: write `manifest_version = 1` as the first line",
        ),
    ] {
        let scene = Scene::new(&[("m.toml", &format!("{line}\n[bot.cat]\nsource = \".\"\n"))]);
        assert_eq!(scene.manifest("m.toml").unwrap_err(), message);
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let scene = Scene::new(&[("latin1.toml", "")]);
    scene.write("latin1.toml", b"# \xe9\n");
    scene.write("huge.toml", "#".repeat((1 << 20) + 1).as_bytes());
    for (path, cause) in [
        ("nowhere.toml", "No such file or directory (os error 2)"),
        ("latin1.toml", "stream did not contain valid UTF-8"),
        ("huge.toml", "it has more than 1048576 bytes"),
        ("", "it is not a regular file"),
    ] {
        let expected = format!("error: `DIR/{path}` cannot be read\n  caused by: {cause}");
        assert_eq!(scene.manifest(path).unwrap_err(), expected);
    }
}

/// What a bot gets, from what its author says and what the flags say.
#[test]
fn flags_replace_defaults_and_cap_authors() {
    let memory = |flag: &str, author: &str| {
        let limits = if author.is_empty() { String::new() } else { format!("limits = {{ memory = \"{author}\" }}") };
        let text = format!("manifest_version = 1\n[bot.cat]\nsource = \".\"\n{limits}\n");
        let scene = Scene::new(&[("m.toml", &text)]);
        let scene = if flag.is_empty() { scene } else { scene.flag("memory", flag) };
        scene.manifest("m.toml").map(|spec| {
            assert_eq!(spec.ceilings.memory, spec.tenants[0].bots[0].limits.memory.max(if flag.is_empty() { 64 << 20 } else { 0 }).max(spec.ceilings.memory));
            spec.tenants[0].bots[0].limits.memory >> 20
        })
    };
    assert_eq!(memory("", ""), Ok(64));
    assert_eq!(memory("", "32MiB"), Ok(32));
    assert_eq!(memory("", "128MiB"), Ok(128));
    assert_eq!(memory("128MiB", ""), Ok(128));
    assert_eq!(memory("16MiB", ""), Ok(16));
    assert_eq!(memory("128MiB", "32MiB"), Ok(32));
    assert_eq!(
        memory("16MiB", "32MiB").unwrap_err(),
        "error: `memory` of bot `cat` is 32MiB; at most 16MiB is allowed\n  --> DIR/m.toml:4:12\n\
         hint: lower it; only whoever runs the server can raise what is allowed"
    );
    assert_eq!(memory("lots", "").unwrap_err(), "error: a limit for all bots cannot be set: `memory` must be a size with its unit, such as \"64MiB\"");
    assert_eq!(
        memory("2GiB", "").unwrap_err(),
        "error: a limit for all bots cannot be set: `memory` is 2GiB, `live_memory` of all instances only 1GiB\n\
         hint: set `live_memory=2GiB`, or more, as well"
    );
}

/// Less for all instances is less for one, without a second line in the file.
#[test]
fn memory_of_one_follows_memory_of_all() {
    let scene = Scene::new(&[("m.toml", "manifest_version = 1\n[bot.cat]\nsource = \".\"\nlimits = { live_memory = \"8MiB\" }\n")]);
    let spec = scene.manifest("m.toml").unwrap();
    assert_eq!(spec.tenants[0].bots[0].limits.memory, 8 << 20);
}

/// Without an operator nobody set totals: what one bot may have, the process's one tenant has.
#[test]
fn totals_follow_the_largest_bot() {
    let limits = "live_memory = \"8GiB\", memory = \"5GiB\", running = 5000, queue = 3000";
    let text = format!("manifest_version = 1\n[bot.cat]\nsource = \".\"\nlimits = {{ {limits} }}\n");
    let spec = Scene::new(&[("m.toml", &text)]).manifest("m.toml").unwrap();
    let tenant = &spec.tenants[0];
    assert_eq!((tenant.running, tenant.queue, tenant.memory), (5000, 3000, 8 << 30));
    assert_eq!((spec.ceilings.memory, spec.ceilings.running), (5 << 30, 5000));
}
