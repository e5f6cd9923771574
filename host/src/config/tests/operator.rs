//! The operator's file, and what it makes of authors' manifests.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;

use super::super::limits::Limits;
use super::scene::Scene;

const CAT: &str = "manifest_version = 1\n[bot.cat]\nsource = \"cat.wasm\"\n";

#[test]
fn a_whole_file_is_read() {
    let text = r#"
[server]
listen = "0.0.0.0:80"
metrics_listen = "localhost:0"
state_dir = "state"
cache_dir = "/var/cache/ravenry"
connections = 1000
drain = "1m"

[limits]
memory = "128MiB"
cpu = "500ms"

[tenant.acme]
path_prefix = "/acme"
manifests = ["acme/ravenry.toml"]
limits = { running = 10, queue = 0, memory = "32MiB" }

[tenant.zoo]
hosts = ["Bots.Zoo.example", "[::1]"]
manifests = ["zoo"]
"#;
    let dog = "manifest_version = 1\n[bot.dog]\nsource = \"dog.wasm\"\nroute = \"/\"\nlimits = { memory = \"100MiB\" }\n";
    let files = [("o.toml", text), ("acme/ravenry.toml", CAT), ("acme/cat.wasm", ""), ("zoo/ravenry.toml", dog), ("zoo/dog.wasm", "")];
    let scene = Scene::new(&files);
    let spec = scene.operator("o.toml").unwrap();
    assert_eq!((spec.listen.as_deref(), spec.metrics_listen.as_deref()), (Some("0.0.0.0:80"), Some("localhost:0")));
    assert_eq!(scene.shown(spec.state_dir.as_deref().unwrap()), "DIR/state");
    assert_eq!(spec.cache_dir.as_deref(), Some(Path::new("/var/cache/ravenry")));
    assert_eq!((spec.connections, spec.drain), (Some(1000), Duration::from_mins(1)));
    let ceilings = Limits { memory: 128 << 20, cpu: Duration::from_millis(500), ..Limits::default() };
    assert_eq!(spec.ceilings, ceilings);

    let [acme, zoo] = spec.tenants.as_slice() else { panic!("two tenants") };
    assert_eq!((acme.name.as_str(), acme.hosts.len(), acme.prefix.as_ref().unwrap().as_str()), ("acme", 0, "/acme"));
    assert_eq!((acme.running, acme.queue, acme.memory), (10, 0, 32 << 20));
    assert_eq!((acme.bots[0].route.as_str(), acme.bots[0].tenant.as_str()), ("/acme/cat", "acme"));
    // The default of 64 MiB does not fit into the tenant's 32; the default of 2 s is over the ceiling.
    assert_eq!(acme.bots[0].limits, Limits { memory: 32 << 20, cpu: Duration::from_millis(500), ..Limits::default() });

    assert_eq!(zoo.hosts, ["bots.zoo.example", "[::1]"]);
    assert_eq!((zoo.running, zoo.queue, zoo.memory), (2048, 1024, 4 << 30));
    assert_eq!((zoo.bots[0].route.as_str(), zoo.bots[0].limits.memory), ("/", 100 << 20));
}

/// What an author may have of `memory`: default, ceiling, and the flag over both.
#[test]
fn authors_can_only_narrow() {
    let memory = |ceiling: &str, flag: &str, author: &str| {
        let limits = if ceiling.is_empty() { String::new() } else { format!("[limits]\nmemory = \"{ceiling}\"\n") };
        let asked = if author.is_empty() { String::new() } else { format!("limits = {{ memory = \"{author}\" }}\n") };
        let operator = format!("{limits}[tenant.a]\nmanifests = [\"m.toml\"]\n");
        let scene = Scene::new(&[("o.toml", &operator), ("m.toml", &format!("{CAT}{asked}")), ("cat.wasm", "")]);
        let scene = if flag.is_empty() { scene } else { scene.flag("memory", flag) };
        match scene.operator("o.toml") {
            Ok(spec) => (spec.tenants[0].bots[0].limits.memory >> 20).to_string(),
            Err(error) => error.lines().next().unwrap().to_owned(),
        }
    };
    let above = |asked: &str, allowed: &str| format!("error: `memory` of bot `cat` is {asked}; at most {allowed} is allowed");
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
        assert_eq!(memory(ceiling, flag, author), gets, "ceiling {ceiling:?}, flag {flag:?}, author {author:?}");
    }
}

/// Mistakes of the operator's file and of all tenants' files, at once.
#[test]
fn mistakes_of_all_files_show_at_once() {
    let text = r#"
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
manifests = ["a.toml"]
[tenant.d]
hosts = ["d.example", "https://d.example", "x:80"]
manifests = []
[tenant.e]
hosts = ["D.example"]
manifests = []
"#;
    let a = "manifest_version = 1\n[bot.cat]\nsource = \"a.toml\"\nlimits = { memory = \"2GB\", cpu = \"3s\" }\n";
    let scene = Scene::new(&[("o.toml", text), ("a.toml", a)]);
    assert_snapshot!(scene.operator("o.toml").unwrap_err(), @r#"
    "#);
}

#[test]
fn tenants_that_share_nothing_are_let_be() {
    let tenants = |text: &str| Scene::new(&[("o.toml", text)]).operator("o.toml").map(|spec| spec.tenants.len());
    for (text, count) in [
        ("[tenant.a]\nmanifests = []", 1),
        ("[tenant.a]\npath_prefix = \"/a\"\nmanifests = []\n[tenant.b]\npath_prefix = \"/ab\"\nmanifests = []", 2),
        ("[tenant.a]\npath_prefix = \"/a\"\nhosts = [\"a\"]\nmanifests = []\n[tenant.b]\npath_prefix = \"/a\"\nhosts = [\"b\"]\nmanifests = []", 2),
    ] {
        assert_eq!(tenants(text), Ok(count), "{text}");
    }
    for text in ["", "[server]\n", "tenant = {}"] {
        assert!(tenants(text).unwrap_err().starts_with("error: the file declares no tenant\n"), "{text}");
    }
}

/// Two tenants may have bots of one name and route; one tenant may not, over all its files.
#[test]
fn names_and_routes_are_unique_within_a_tenant() {
    let files = [("a.toml", CAT), ("b.toml", CAT), ("c.toml", "manifest_version = 1\n[bot.tom]\nroute = \"/cat\"\nsource = \"cat.wasm\"\n"), ("cat.wasm", "")];
    let scene = Scene::new(&files);
    scene.write("o.toml", b"[tenant.x]\npath_prefix = \"/x\"\nmanifests = [\"a.toml\"]\n[tenant.y]\npath_prefix = \"/y\"\nmanifests = [\"b.toml\"]\n");
    assert!(scene.operator("o.toml").is_ok());
    scene.write("o.toml", b"[tenant.x]\npath_prefix = \"/x\"\nmanifests = [\"a.toml\", \"b.toml\", \"c.toml\"]\n");
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
