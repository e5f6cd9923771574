//! The operator's file, and what it makes of authors' manifests.

use std::{path::Path, time::Duration};

use insta::assert_snapshot;

use super::{super::limits::Limits, scene::Scene};

const CAT: &str = "manifest_version = 1\n[bot.cat]\nsource = \"cat.wasm\"\n";

const WHOLE: &str = r#"
[server]
listen = "0.0.0.0:80"
metrics_listen = "localhost:0"
state_dir = "state"
cache_dir = "/var/cache/ravenry"
connections = 1000
drain = "1m"
guest_clock = "50us"
engines = ["small", "large"]

[limits]
memory = "128MiB"
cpu = "500ms"

[tenant.acme]
path_prefix = "/acme"
manifests = ["acme/ravenry.toml"]
weight = 3
limits = { running = 10, queue = 0, memory = "32MiB" }

[tenant.zoo]
hosts = ["Bots.Zoo.example", "[::1]"]
manifests = ["zoo"]
"#;

#[test]
fn a_whole_file_is_read() {
    let dog = "manifest_version = 1\n[bot.dog]\nsource = \"dog.wasm\"\nroute = \"/\"\nlimits = { memory = \"100MiB\" }\n";
    let files = [
        ("o.toml", WHOLE),
        ("acme/ravenry.toml", CAT),
        ("acme/cat.wasm", ""),
        ("zoo/ravenry.toml", dog),
        ("zoo/dog.wasm", ""),
    ];
    let scene = Scene::new(&files);
    let spec = scene.operator("o.toml").unwrap();
    assert_eq!(
        (spec.listen.as_deref(), spec.metrics_listen.as_deref()),
        (Some("0.0.0.0:80"), Some("localhost:0"))
    );
    assert_eq!(scene.shown(spec.state_dir.as_deref().unwrap()), "DIR/state");
    assert_eq!(
        spec.cache_dir.as_deref(),
        Some(Path::new("/var/cache/ravenry"))
    );
    assert_eq!(
        (spec.connections, spec.drain, spec.guest_clock),
        (
            Some(1000),
            Duration::from_mins(1),
            Duration::from_micros(50)
        )
    );
    let ceilings = Limits {
        memory: 128 << 20,
        cpu: Duration::from_millis(500),
        ..Limits::default()
    };
    assert_eq!(spec.ceilings, ceilings);

    let [acme, zoo] = spec.tenants.as_slice() else {
        panic!("two tenants")
    };
    assert_eq!(
        (
            acme.name.as_str(),
            acme.hosts.len(),
            acme.prefix.as_ref().unwrap().as_str()
        ),
        ("acme", 0, "/acme")
    );
    assert_eq!((acme.running, acme.queue, acme.memory), (10, 0, 32 << 20));
    assert_eq!((acme.weight, zoo.weight), (3, 1));
    assert_eq!(
        (acme.bots[0].route.as_str(), acme.bots[0].tenant.as_str()),
        ("/acme/cat", "acme")
    );
    // The default of 64 MiB does not fit into the tenant's 32; the default of 2 s is over the ceiling.
    assert_eq!(
        acme.bots[0].limits,
        Limits {
            memory: 32 << 20,
            cpu: Duration::from_millis(500),
            ..Limits::default()
        }
    );

    assert_eq!(zoo.hosts, ["bots.zoo.example", "[::1]"]);
    assert_eq!((zoo.running, zoo.queue, zoo.memory), (2048, 1024, 4 << 30));
    assert_eq!(
        (zoo.bots[0].route.as_str(), zoo.bots[0].limits.memory),
        ("/", 100 << 20)
    );
}

/// What an author may have of `memory`: default, ceiling, and the flag over both.
#[test]
fn authors_can_only_narrow() {
    let memory = |ceiling: &str, flag: &str, author: &str| {
        let limits = if ceiling.is_empty() {
            String::new()
        } else {
            format!("[limits]\nmemory = \"{ceiling}\"\n")
        };
        let asked = if author.is_empty() {
            String::new()
        } else {
            format!("limits = {{ memory = \"{author}\" }}\n")
        };
        let operator = format!("{limits}[tenant.a]\nmanifests = [\"m.toml\"]\n");
        let scene = Scene::new(&[
            ("o.toml", &operator),
            ("m.toml", &format!("{CAT}{asked}")),
            ("cat.wasm", ""),
        ]);
        let scene = if flag.is_empty() {
            scene
        } else {
            scene.flag("memory", flag)
        };
        match scene.operator("o.toml") {
            Ok(spec) => (spec.tenants[0].bots[0].limits.memory >> 20).to_string(),
            Err(error) => error.lines().next().unwrap().to_owned(),
        }
    };
    let above = |asked: &str, allowed: &str| {
        format!("error: `memory` of bot `cat` is {asked}; at most {allowed} is allowed")
    };
    for (ceiling, flag, author, gets) in [
        ("", "", "", "64".to_owned()),
        ("", "", "32MiB", "32".to_owned()),
        ("", "", "65MiB", above("65MiB", "64MiB")),
        ("128MiB", "", "", "64".to_owned()),
        ("128MiB", "", "128MiB", "128".to_owned()),
        ("128MiB", "", "129MiB", above("129MiB", "128MiB")),
        ("16MiB", "", "", "16".to_owned()),
        ("16MiB", "", "32MiB", above("32MiB", "16MiB")),
        ("128MiB", "32MiB", "", "32".to_owned()),
        ("128MiB", "32MiB", "64MiB", above("64MiB", "32MiB")),
        ("16MiB", "32MiB", "", "32".to_owned()),
        ("16MiB", "32MiB", "24MiB", "24".to_owned()),
    ] {
        assert_eq!(
            memory(ceiling, flag, author),
            gets,
            "ceiling {ceiling:?}, flag {flag:?}, author {author:?}"
        );
    }
}

const WRONG: &str = r#"
[server]
listen = "8080"
conections = 0
connections = 0
drain = 30
[limits]
memory = "1GB"
[tenant.a]
path_prefix = "/a"
manifests = ["a.toml", "missing.toml"]
limits = { running = 0, memory = 7, cpu = "1s" }
[tenant.b]
path_prefix = "/a/b"
[tenant.c]
manifests = []
[tenant.d]
hosts = ["d.example", "https://d.example", "x:80"]
manifests = []
[tenant.e]
hosts = ["D.example"]
manifests = []
"#;

/// Mistakes of the operator's file and of all tenants' files, at once.
#[test]
fn mistakes_of_all_files_show_at_once() {
    let a = "manifest_version = 1\n[bot.cat]\nsource = \"a.toml\"\nlimits = { memory = \"2GB\", cpu = \"3s\" }\n";
    let scene = Scene::new(&[("o.toml", WRONG), ("a.toml", a)]);
    assert_snapshot!(scene.operator("o.toml").unwrap_err(), @r#"
    error: `listen` in [server] must be an address with a port
      --> DIR/o.toml:3:11
    hint: write `listen = "127.0.0.1:8080"`; port 0 takes a free one
    error: unknown key `conections` in [server]
      --> DIR/o.toml:4:1
    hint: did you mean `connections`?
    error: `connections` in [server] must be a whole number from 1 to 1000000000
      --> DIR/o.toml:5:15
    error: `drain` in [server] must be text in quotes, not a whole number
      --> DIR/o.toml:6:9
    error: `DIR/missing.toml` cannot be read
      caused by: No such file or directory (os error 2)
      --> DIR/o.toml:11:25
    error: `running` in [tenant.a.limits] must be a whole number from 1 to 1000000000
      --> DIR/o.toml:12:22
    error: `memory` in [tenant.a.limits] needs a unit
      --> DIR/o.toml:12:34
    hint: write `memory = "64MiB"`, or what you mean
    error: unknown key `cpu` in [tenant.a.limits]
      --> DIR/o.toml:12:37
    hint: known here: `running`, `queue`, `memory`, `store`, `store_keys`
    error: `manifests` is missing in [tenant.b]
      --> DIR/o.toml:13:1
    hint: write `manifests = ["acme/ravenry.toml"]`; paths are relative to this file
    error: prefix `/a/b` of tenant `b` overlaps another
      caused by: tenant `a` has `/a`, at DIR/o.toml:10:16
      --> DIR/o.toml:14:16
    error: tenant `c` has neither `path_prefix` nor `hosts`
      caused by: several tenants share the server, and one without either would take every path
      --> DIR/o.toml:15:1
    hint: write `path_prefix = "/c"`
    error: an entry of `hosts` in [tenant.d] is not a host name
      --> DIR/o.toml:18:24
    hint: write "bots.acme.example", without scheme, port or path
    error: an entry of `hosts` in [tenant.d] is not a host name
      --> DIR/o.toml:18:45
    hint: write "bots.acme.example", without scheme, port or path
    error: host `d.example` of tenant `e` is taken
      caused by: tenant `d` has it, at DIR/o.toml:18:11
      --> DIR/o.toml:21:11
    error: `memory` of bot `cat` is 2GB; at most 1GB is allowed
      --> DIR/a.toml:4:12
    hint: lower it; only whoever runs the server can raise what is allowed
    error: `cpu` of bot `cat` is 3s; at most 2s is allowed
      --> DIR/a.toml:4:28
    hint: lower it; only whoever runs the server can raise what is allowed
    16 errors
    "#);
}

/// What guests read on a clock: coarse for untrusted bots, exact for those of an author.
#[test]
fn clocks_are_as_fine_as_the_operator_says() {
    let clock = |line: &str| {
        let text = format!("[server]\n{line}\n[tenant.a]\nmanifests = []\n");
        let spec = Scene::new(&[("o.toml", &text)]).operator("o.toml");
        spec.map(|spec| spec.guest_clock)
            .map_err(|error| error.lines().next().unwrap().to_owned())
    };
    for (line, step) in [
        ("", Duration::from_millis(1)),
        ("guest_clock = \"1ns\"", Duration::from_nanos(1)),
        ("guest_clock = \"1s\"", Duration::from_secs(1)),
    ] {
        assert_eq!(clock(line), Ok(step), "{line}");
    }
    let bounds = "error: `guest_clock` in [server] must be 1ns to 1s";
    let unit = "error: `guest_clock` in [server] must be a time with its unit, such as \"2s\" or \"500ms\"";
    for (line, error) in [
        ("guest_clock = \"0\"", bounds),
        ("guest_clock = \"0ms\"", bounds),
        ("guest_clock = \"1001ms\"", bounds),
        ("guest_clock = \"365days\"", bounds),
        ("guest_clock = \"1\"", unit),
        ("guest_clock = \"exact\"", unit),
        (
            "guest_clock = 1",
            "error: `guest_clock` in [server] must be text in quotes, not a whole number",
        ),
    ] {
        assert_eq!(clock(line), Err(error.to_owned()), "{line}");
    }
    let author = Scene::new(&[("m.toml", CAT), ("cat.wasm", "")]);
    let exact = author.manifest("m.toml").unwrap().guest_clock;
    assert_eq!(exact, Duration::from_nanos(1));
}

/// All engines are there, or those that the operator names; the one for small components always.
#[test]
fn engines_are_those_that_the_operator_names() {
    let engines = |line: &str| {
        let text = format!("[server]\n{line}\n[tenant.a]\nmanifests = []\n");
        let spec = Scene::new(&[("o.toml", &text)]).operator("o.toml");
        spec.map(|spec| (spec.engines.large, spec.engines.tasks))
    };
    for (line, large, tasks) in [
        ("", true, true),
        ("engines = [\"small\"]", false, false),
        ("engines = [\"small\", \"large\"]", true, false),
        ("engines = [\"async\", \"small\"]", false, true),
    ] {
        assert_eq!(engines(line), Ok((large, tasks)), "{line}");
    }
    assert_snapshot!(engines("engines = [\"async\"]").unwrap_err(), @r#"
    error: `engines` in [server] leaves out "small"
      --> DIR/o.toml:2:13
    hint: write `engines = ["small", "large", "async"]`, and leave out "large", "async" or both
    "#);
    assert_snapshot!(engines("engines = [\"small\", \"huge\"]").unwrap_err(), @r#"
    error: an entry of `engines` in [server] names no engine
      --> DIR/o.toml:2:22
    hint: write `engines = ["small", "large", "async"]`, and leave out "large", "async" or both
    "#);
}

/// A tenant weighs as much as every other, or as its operator says.
#[test]
fn tenants_have_weights() {
    let weight = |line: &str| {
        let text = format!("[tenant.a]\nmanifests = []\n{line}\n");
        let spec = Scene::new(&[("o.toml", &text)]).operator("o.toml");
        spec.map(|spec| spec.tenants[0].weight)
            .map_err(|error| error.lines().next().unwrap().to_owned())
    };
    for (line, expected) in [("", 1), ("weight = 1", 1), ("weight = 100", 100)] {
        assert_eq!(weight(line), Ok(expected), "{line}");
    }
    let error = "error: `weight` in [tenant.a] must be a whole number from 1 to 100";
    for line in [
        "weight = 0",
        "weight = -1",
        "weight = 101",
        "weight = 4294967297",
        "weight = 1.5",
        "weight = \"3\"",
        "weight = true",
    ] {
        assert_eq!(weight(line), Err(error.to_owned()), "{line}");
    }
    let author = Scene::new(&[("m.toml", CAT), ("cat.wasm", "")]);
    assert_eq!(author.manifest("m.toml").unwrap().tenants[0].weight, 1);
}

#[test]
fn tenants_that_share_nothing_are_let_be() {
    let tenants = |text: &str| {
        Scene::new(&[("o.toml", text)])
            .operator("o.toml")
            .map(|spec| spec.tenants.len())
    };
    for (text, count) in [
        ("[tenant.a]\nmanifests = []", 1),
        (
            "[tenant.a]\npath_prefix = \"/a\"\nmanifests = []\n[tenant.b]\npath_prefix = \"/ab\"\nmanifests = []",
            2,
        ),
        (
            "[tenant.a]\npath_prefix = \"/a\"\nhosts = [\"a\"]\nmanifests = []\n[tenant.b]\npath_prefix = \"/a\"\nhosts = [\"b\"]\nmanifests = []",
            2,
        ),
    ] {
        assert_eq!(tenants(text), Ok(count), "{text}");
    }
    for text in ["", "[server]\n", "tenant = {}"] {
        assert!(
            tenants(text)
                .unwrap_err()
                .starts_with("error: the file declares no tenant\n"),
            "{text}"
        );
    }
}

/// Two tenants may have bots of one name and route; one tenant may not, over all its files.
#[test]
fn names_and_routes_are_unique_within_a_tenant() {
    let files = [
        ("a.toml", CAT),
        ("b.toml", CAT),
        (
            "c.toml",
            "manifest_version = 1\n[bot.tom]\nroute = \"/cat\"\nsource = \"cat.wasm\"\n",
        ),
        ("cat.wasm", ""),
    ];
    let scene = Scene::new(&files);
    scene.write("o.toml", b"[tenant.x]\npath_prefix = \"/x\"\nmanifests = [\"a.toml\"]\n[tenant.y]\npath_prefix = \"/y\"\nmanifests = [\"b.toml\"]\n");
    assert!(scene.operator("o.toml").is_ok());
    scene.write(
        "o.toml",
        b"[tenant.x]\npath_prefix = \"/x\"\nmanifests = [\"a.toml\", \"b.toml\", \"c.toml\"]\n",
    );
    assert_snapshot!(scene.operator("o.toml").unwrap_err(), @r"
    error: there is a second bot `cat`
      caused by: the first is declared at DIR/a.toml:2:1
      --> DIR/b.toml:2:1
    hint: give one of them another name
    error: bot `tom` cannot be mounted at `/x/cat`
      caused by: bot `cat` is mounted there, declared at DIR/a.toml:2:1
      --> DIR/c.toml:2:1
    hint: give one of them another `route`
    2 errors
    ");
}
