//! A link that is pointed elsewhere changes a bot, though no file is written.

use std::{fs, os::unix::fs::symlink};

use crate::harness::{Folder, Server, component};

/// Two versions in `rel`, as a release is laid out, and what a manifest may say of one.
fn releases(manifest: &str) -> Folder {
    let folder = Folder::empty();
    for (version, name) in [("v1", "echo"), ("v2", "says-nothing")] {
        let directory = folder.path().join("rel").join(version).join("w");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("out.wasm"), component(name)).unwrap();
        fs::write(
            directory.join("ravenry.toml"),
            format!("manifest_version = 1\n[bot.w]\n{manifest}"),
        )
        .unwrap();
    }
    fs::create_dir(folder.path().join("bots")).unwrap();
    folder
}

/// Points a link elsewhere, as a release does: in one step.
fn point(folder: &Folder, link: &str, target: &str) {
    let new = folder.path().join(format!("{link}.new"));
    symlink(target, &new).unwrap();
    fs::rename(&new, folder.path().join(link)).unwrap();
}

/// Serves what is named, points the link to the second version, and sees the bot change; and back.
fn is_noticed(folder: Folder, up: &str, link: &str, targets: [&str; 2]) {
    point(&folder, link, targets[0]);
    let server = Server::spawn(folder, &["up", up]);
    let bot = if up == "link.wasm" { "link" } else { "w" };
    assert_eq!(server.ask(bot, "first").said(), "first", "{up} {link}");
    point(&server.folder, link, targets[1]);
    server.wait_text(&format!("Reloaded `{bot}`"));
    assert_ne!(server.ask(bot, "second").said(), "second", "{up} {link}");
    point(&server.folder, link, targets[0]);
    server.wait_log(|record| {
        record["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Reloaded"))
            && server.ask(bot, "third").said() == "third"
    });
}

#[test]
fn a_directory_among_bots() {
    let targets = ["../rel/v1/w", "../rel/v2/w"];
    is_noticed(releases("source = \"out.wasm\""), "bots", "bots/w", targets);
}

#[test]
fn the_component_that_is_served() {
    let targets = ["rel/v1/w/out.wasm", "rel/v2/w/out.wasm"];
    is_noticed(releases(""), "link.wasm", "link.wasm", targets);
}

#[test]
fn the_directory_that_is_served() {
    let targets = ["rel/v1/w", "rel/v2/w"];
    is_noticed(
        releases("source = \"out.wasm\""),
        "current",
        "current",
        targets,
    );
}

#[test]
fn a_directory_on_the_way_to_a_source() {
    let folder = releases("");
    fs::write(
        folder.path().join("bots/ravenry.toml"),
        "manifest_version = 1\n[bot.w]\nsource = \"../current/out.wasm\"\n",
    )
    .unwrap();
    let targets = ["rel/v1/w", "rel/v2/w"];
    is_noticed(folder, "bots", "current", targets);
}

#[test]
fn a_component_that_a_build_reads() {
    let folder = releases("");
    fs::write(
        folder.path().join("bots/ravenry.toml"),
        "manifest_version = 1\n[bot.w]\nsource = \"made.wasm\"\nbuild = { command = \"cp in.wasm made.wasm\" }\n",
    )
    .unwrap();
    let targets = ["../rel/v1/w/out.wasm", "../rel/v2/w/out.wasm"];
    is_noticed(folder, "bots", "bots/in.wasm", targets);
}

/// What the build wrote is no change of its own: no second line says that nothing has changed.
#[test]
fn what_a_build_writes_is_told_once() {
    let folder = releases("");
    fs::write(
        folder.path().join("bots/ravenry.toml"),
        "manifest_version = 1\n[bot.w]\nsource = \"made.wasm\"\nbuild = { command = \"cp in.wasm made.wasm\" }\n",
    )
    .unwrap();
    point(&folder, "bots/in.wasm", "../rel/v1/w/out.wasm");
    let server = Server::spawn(folder, &["up", "bots"]);
    for (times, version) in [(1, "v2"), (2, "v1"), (3, "v2")] {
        point(
            &server.folder,
            "bots/in.wasm",
            &format!("../rel/{version}/w/out.wasm"),
        );
        server.wait_times("Reloaded `w`", times);
        // That nothing is said cannot be waited for: it would be within a tenth of a second.
        std::thread::park_timeout(std::time::Duration::from_secs(1));
    }
    let log = server.log();
    let again = |line: &&String| line.contains("the same as before");
    assert_eq!(log.iter().find(again), None);
}
