//! Directories without a list, single files, and their manifests.

use std::path::Path;

use insta::assert_snapshot;

use super::scene::{Loaded, Scene};

const CRATE: &str = "[package]\nname = \"x\"\n";
const BOT: &str =
    "manifest_version = 1\n[bot.tom]\nroute = \"/pets/tom\"\n[bot.tim]\nsource = \"tim.wasm\"\n";

/// Bots as lines: name, route, source.
fn bots(scene: &Scene, loaded: Loaded) -> String {
    let spec = loaded.unwrap();
    let line = |bot: &super::super::resolve::BotSpec| {
        format!("{} {} {}", bot.name, bot.route, scene.shown(&bot.source))
    };
    spec.tenants
        .iter()
        .flat_map(|tenant| &tenant.bots)
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `ravenry up plugins` on a directory without a manifest.
#[test]
fn everything_that_builds_to_a_bot_is_mounted_at_its_name() {
    let scene = Scene::new(&[
        ("p/Cargo.toml", "[workspace]\nmembers = [\"echo\"]\n"),
        ("p/echo/Cargo.toml", CRATE),
        ("p/made/bot.wasm", ""),
        ("p/cats/ravenry.toml", BOT),
        ("p/cats/Cargo.toml", CRATE),
        ("p/cats/tim.wasm", ""),
        ("p/single.wasm", ""),
        ("p/assets/picture.png", ""),
        ("p/target/x.wasm", ""),
        ("p/.hidden/Cargo.toml", CRATE),
        ("p/README.md", ""),
    ]);
    assert_snapshot!(bots(&scene, scene.directory("p")), @r"
    tom /pets/tom DIR/p/cats
    tim /tim DIR/p/cats/tim.wasm
    echo /echo DIR/p/echo
    made /made DIR/p/made/bot.wasm
    single /single DIR/p/single.wasm
    ");
    let place = &scene.directory("p").unwrap().tenants[0].bots[2].place;
    assert!(place.line == 0 && place.file.ends_with("p/echo"));
}

#[test]
fn a_path_is_a_directory_a_component_or_a_manifest() {
    let scene = Scene::new(&[
        ("one/Cargo.toml", CRATE),
        ("two/ravenry.toml", BOT),
        ("two/Cargo.toml", CRATE),
        ("two/tim.wasm", ""),
        ("three.wasm", ""),
    ]);
    assert_eq!(bots(&scene, scene.path("one")), "one /one DIR/one");
    assert_eq!(bots(&scene, scene.path("one/.")), "one /one DIR/one/.");
    assert_eq!(
        bots(&scene, scene.path("three.wasm")),
        "three /three DIR/three.wasm"
    );
    let two = "tom /pets/tom DIR/two\ntim /tim DIR/two/tim.wasm";
    assert_eq!(bots(&scene, scene.path("two")), two);
    assert_eq!(bots(&scene, scene.path("two/ravenry.toml")), two);
}

/// A bot whose tools are not everybody's does not fail the directory above it.
#[test]
fn bots_that_are_mounted_only_when_named_are_left_out_of_the_directory_above() {
    let quiet = BOT.replacen('\n', "\nonly_when_named = true\n", 1);
    let scene = Scene::new(&[
        ("p/cats/ravenry.toml", &quiet),
        ("p/cats/Cargo.toml", CRATE),
        ("p/cats/tim.wasm", ""),
        ("p/echo/Cargo.toml", CRATE),
        (
            "p/odd/ravenry.toml",
            "manifest_version = 1\nonly_when_named = 1\n[bot.x]\nsource = \"x.wasm\"\nbuild = { command = \"true\" }\n",
        ),
    ]);
    let cats = "tom /pets/tom DIR/p/cats\ntim /tim DIR/p/cats/tim.wasm";
    assert_eq!(bots(&scene, scene.path("p/cats")), cats);
    assert_eq!(bots(&scene, scene.path("p/cats/ravenry.toml")), cats);
    assert_snapshot!(scene.directory("p").unwrap_err(), @r"
    error: `only_when_named` at the top of the file must be true or false, not a whole number
      --> DIR/p/odd/ravenry.toml:2:19
    ");
    let scene = Scene::new(&[
        ("p/cats/ravenry.toml", &quiet),
        ("p/echo/Cargo.toml", CRATE),
    ]);
    assert_eq!(bots(&scene, scene.directory("p")), "echo /echo DIR/p/echo");
}

/// Who has a manifest, and adds a directory beside the bots that it lists, is told why that is not served.
#[test]
fn bots_beside_those_of_the_manifest_are_mentioned() {
    const COMPONENT: &str = "[package]\nname = \"x\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
    let manifest = "manifest_version = 1\n[bot.tom]\nsource = \"tom\"\n[bot.tim]\nsource = \"made/tim.wasm\"\n";
    let listed = [
        ("p/ravenry.toml", manifest),
        ("p/tom/Cargo.toml", COMPONENT),
        ("p/made/tim.wasm", ""),
        ("p/library/Cargo.toml", CRATE),
        ("p/dist/cat.wasm", ""),
        ("p/texts/a.txt", ""),
        (
            "p/quiet/ravenry.toml",
            "manifest_version = 1\nonly_when_named = true\n",
        ),
    ];
    let scene = Scene::new(&listed);
    let spec = scene.path("p").unwrap();
    let directory = scene.path_of("p");
    assert_eq!(crate::unlisted(Path::new(&directory), &spec), None);
    let mut more = listed.to_vec();
    more.extend([
        ("p/new/Cargo.toml", COMPONENT),
        ("p/polly/ravenry.toml", "manifest_version = 1\n"),
    ]);
    let scene = Scene::new(&more);
    let spec = scene.path("p").unwrap();
    let told = |path: &str| {
        let told = crate::unlisted(Path::new(&scene.path_of(path)), &spec);
        told.map(|told| scene.shown(Path::new(&told)))
    };
    assert_snapshot!(told("p").unwrap(), @"Not served: `new`, `polly`. `ravenry.toml` lists others: name them there, or serve one by itself: `ravenry up DIR/p/new`");
    // Who names the file has chosen, and a directory without one is served as a whole.
    assert_eq!((told("p/ravenry.toml"), told("p/polly/x")), (None, None));
}

#[test]
fn what_cannot_be_a_bot_is_named_all_at_once() {
    let scene = Scene::new(&[
        ("p/My Bot/Cargo.toml", CRATE),
        ("p/many/a.wasm", ""),
        ("p/many/b.wasm", ""),
        ("p/echo/Cargo.toml", CRATE),
        ("p/echo.wasm", ""),
        ("p/cats/ravenry.toml", "bot = 1"),
        ("empty/README.md", ""),
        ("python/cat.py", ""),
    ]);
    assert_snapshot!(scene.directory("p").unwrap_err(), @r#"
    error: `My Bot` cannot name a bot
      caused by: a name is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and starts with a letter or a digit
      --> DIR/p/My Bot
    hint: rename it, or name the bot in a `ravenry.toml`
    error: `DIR/p/many` holds 2 .wasm files
      --> DIR/p/many
    hint: say in `DIR/p/many/ravenry.toml` which of them are bots
    error: `manifest_version` is missing
      --> DIR/p/cats/ravenry.toml:1:1
    hint: write `manifest_version = 1` as the first line
    error: `bot` must be a table, not a whole number
      --> DIR/p/cats/ravenry.toml:1:7
    error: there is a second bot `echo`
      caused by: the first is declared at DIR/p/echo
      --> DIR/p/echo.wasm
    hint: give one of them another name
    5 errors
    "#);
    assert_snapshot!(scene.directory("empty").unwrap_err(), @r"
    error: no bots in `DIR/empty`
      caused by: it holds neither `ravenry.toml`, nor a crate, nor a .wasm file, and no sub-directory does
    hint: name a directory that holds bots, or a `ravenry.toml`
    ");
    assert_snapshot!(scene.directory("python").unwrap_err(), @r"
    error: no bots in `DIR/python`
      caused by: it holds neither `ravenry.toml`, nor a crate, nor a .wasm file, and no sub-directory does
    hint: a bot in Python is served by its file, as `DIR/python/cat.py`, or from a `ravenry.toml`
    ");
    assert_snapshot!(scene.directory("nowhere").unwrap_err(), @r"
    error: directory `DIR/nowhere` cannot be read
      caused by: No such file or directory (os error 2)
    ");
    assert_snapshot!(scene.path("nowhere.wasm").unwrap_err(), @r"
    error: bot `nowhere` has nothing to run: `DIR/nowhere.wasm` cannot be read
      caused by: No such file or directory (os error 2)
      --> DIR/nowhere.wasm
    hint: correct `source`; it is relative to the file that names it
    ");
}
