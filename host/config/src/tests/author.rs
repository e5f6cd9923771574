//! The author's manifest.

use std::{path::Path, time::Duration};

use super::{
    super::{limits::Limits, resolve::Build, store::StoreTtl},
    scene::Scene,
};

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
store  = { user = { ttl = "90d" } }
build  = { command = "cargo build", watch = ["src/**"] }

[bot.dog]
source = "dog.wasm"
"#;
    let files = [
        ("p/ravenry.toml", text),
        ("p/dog.wasm", ""),
        ("p/keys/old", "old-key-of-the-cat-with-32-bytes\r\n\n"),
    ];
    let scene = Scene::new(&files).variable("CAT_KEY", "new-key-of-the-cat-with-32-bytes");
    let spec = scene.manifest("p/ravenry.toml").unwrap();
    let [tenant] = spec.tenants.as_slice() else {
        panic!("one tenant")
    };
    assert_eq!(
        (
            tenant.name.as_str(),
            tenant.prefix.as_ref(),
            tenant.hosts.len()
        ),
        ("local", None, 0)
    );
    assert_eq!(
        (tenant.running, tenant.queue, tenant.memory),
        (2048, 1024, 4 << 30)
    );
    let [cat, dog] = tenant.bots.as_slice() else {
        panic!("two bots")
    };

    assert_eq!(
        (cat.name.as_str(), cat.route.as_str()),
        ("cat", "/pets/cat")
    );
    assert_eq!(scene.shown(&cat.source), "DIR/p/cat");
    assert_eq!(cat.poe_name.as_deref(), Some("HerokuCat"));
    assert_eq!(cat.access_keys.len(), 2);
    assert!(
        cat.access_keys[0].matches(b"new-key-of-the-cat-with-32-bytes")
            && cat.access_keys[1].matches(b"old-key-of-the-cat-with-32-bytes")
    );
    let config: Vec<_> = cat
        .config
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(config, [("LANG", "en"), ("greeting", "meow")]);
    let limits = Limits {
        memory: 32 << 20,
        cpu: Duration::from_secs(1),
        running: 7,
        text: 1000,
        ..Limits::default()
    };
    assert_eq!(cat.limits, limits);
    assert_eq!(cat.store_ttl.user, Some(Duration::from_hours(90 * 24)));
    assert_eq!(
        cat.build,
        Some(Build {
            command: "cargo build".to_owned(),
            watch: vec!["src/**".to_owned()]
        })
    );
    assert_eq!(
        scene.shown(Path::new(&cat.place.to_string())),
        "DIR/p/ravenry.toml:4:1"
    );

    assert_eq!(
        (dog.route.as_str(), dog.access_keys.len(), &dog.limits),
        ("/dog", 0, &Limits::default())
    );
    assert_eq!(dog.store_ttl, StoreTtl::default());
    assert_eq!(
        (spec.drain, spec.ceilings),
        (Duration::from_secs(30), Limits::default())
    );
}

#[test]
fn the_version_is_asked_for_first() {
    for (line, message) in [
        (
            "manifest_version = 2",
            "error: `manifest_version` is 2; this gateway reads version 1\n  --> DIR/m.toml:1:20",
        ),
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
        ("latin1.toml", "it is not UTF-8 at line 1, column 3"),
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
        let limits = if author.is_empty() {
            String::new()
        } else {
            format!("limits = {{ memory = \"{author}\" }}")
        };
        let text = format!("manifest_version = 1\n[bot.cat]\nsource = \".\"\n{limits}\n");
        let scene = Scene::new(&[("m.toml", &text)]);
        let scene = if flag.is_empty() {
            scene
        } else {
            scene.flag("memory", flag)
        };
        scene
            .manifest("m.toml")
            .map(|spec| spec.tenants[0].bots[0].limits.memory >> 20)
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
    assert_eq!(
        memory("lots", "").unwrap_err(),
        "error: a limit for all bots cannot be set: `memory` must be a size with its unit, such as \"64MiB\""
    );
    assert_eq!(
        memory("2GiB", "").unwrap_err(),
        "error: a limit for all bots cannot be set: `memory` is 2GiB, `live_memory` of all instances only 1GiB\n\
         hint: set `live_memory=2GiB`, or more, as well"
    );
}

/// Less for all instances is less for one, without a second line in the file.
#[test]
fn memory_of_one_follows_memory_of_all() {
    let scene = Scene::new(&[(
        "m.toml",
        "manifest_version = 1\n[bot.cat]\nsource = \".\"\nlimits = { live_memory = \"8MiB\" }\n",
    )]);
    let spec = scene.manifest("m.toml").unwrap();
    assert_eq!(spec.tenants[0].bots[0].limits.memory, 8 << 20);
}

/// Without an operator there are no totals: what one bot may have, the process's one tenant has.
#[test]
fn totals_follow_the_largest_bot() {
    let limits = "live_memory = \"8GiB\", memory = \"5GiB\", running = 5000, queue = 3000";
    let text =
        format!("manifest_version = 1\n[bot.cat]\nsource = \".\"\nlimits = {{ {limits} }}\n");
    let spec = Scene::new(&[("m.toml", &text)]).manifest("m.toml").unwrap();
    let tenant = &spec.tenants[0];
    assert_eq!(
        (tenant.running, tenant.queue, tenant.memory),
        (5000, 3000, 8 << 30)
    );
    assert_eq!(
        (spec.ceilings.memory, spec.ceilings.running),
        (5 << 30, 5000)
    );
}
