//! What is wrong with one tenant's files, and everybody else is served.

use serde_json::json;

use crate::harness::Folder;

const OPERATOR: &str = "[server]\nengines = [\"small\"]\n[secrets]\ndir = \"vault\"\n\
    [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"acme/m.toml\"]\n\
    [tenant.initech]\npath_prefix = \"/initech\"\nmanifests = [\"initech/m.toml\", \"initech/none.toml\"]\n\
    [tenant.globex]\npath_prefix = \"/globex\"\nmanifests = [\"globex.toml\"]\n";

/// Of acme, one bot is well; of initech, none.
fn folder() -> Folder {
    let bot = |name: &str, lines: &str| format!("[bot.{name}]\n{lines}\n");
    let well = "source = \"echo.wasm\"";
    let acme = [
        "manifest_version = 1\n".to_owned(),
        bot("well", well),
        bot("broken", "source = \"broken.wasm\""),
        bot("tasks", "source = \"async-puppet.wasm\""),
        bot("future", "source = \"future.wasm\""),
        bot(
            "keyless",
            &format!("{well}\npoe = {{ access_key = {{ secret = \"none\" }} }}"),
        ),
        bot(
            "greedy",
            &format!("{well}\nlimits = {{ memory = \"7GiB\" }}"),
        ),
        bot(
            "starved",
            &format!("{well}\nlimits = {{ memory = \"64KiB\" }}"),
        ),
        bot("mistyped", &format!("{well}\nrout = \"/x\"")),
        bot("unbuilt", "source = \".\""),
        bot("thief", "source = \"../globex.toml\""),
    ];
    let component = |name| crate::harness::component(name);
    let future = r#"(component (instance $handler) (export "ravenry:bot/handler@9.0.0" (instance $handler)))"#;
    Folder::empty()
        .file("operator.toml", OPERATOR)
        .file("acme/m.toml", acme.concat())
        .file("acme/echo.wasm", component("echo"))
        .file("acme/async-puppet.wasm", component("async-puppet"))
        .file("acme/broken.wasm", &component("echo")[..10_000])
        .file("acme/future.wasm", wat::parse_str(future).unwrap())
        .file("initech/m.toml", "manifest_version = 1\n[bot.x\n")
        .manifest("globex.toml", "[bot.echo]\nsource = \"echo.wasm\"\n")
}

#[test]
fn whatever_is_wrong_with_one_tenant_stops_nobody_else() {
    let server = folder().serve();
    server.wait_ready();
    assert_eq!(server.ask("globex/echo", "hi").said(), "hi");
    assert_eq!(server.ask("acme/well", "hi").said(), "hi");
    let refused = [
        "broken", "tasks", "future", "keyless", "greedy", "starved", "mistyped", "unbuilt", "thief",
    ];
    for bot in refused {
        assert_eq!(
            server.ask(&format!("acme/{bot}"), "hi").status,
            404,
            "{bot}"
        );
        let labels = [("tenant", "acme"), ("bot", bot)];
        let counted = server.metric("ravenry_refused_bots", &labels);
        assert_eq!(counted, Some(1.0), "{bot}");
    }
    for file in ["initech/m.toml", "initech/none.toml"] {
        server.wait_log(|record| {
            record["level"] == "ERROR"
                && record["message"]
                    .as_str()
                    .is_some_and(|it| it.contains(file))
        });
    }
    // A manifest that says nothing of use counts once for its tenant.
    let ready = server.get("/readyz");
    let said = json!({ "status": "ready", "refused": refused.len() + 1 });
    assert_eq!((ready.status, ready.json()), (200, said));
    assert_eq!(
        server.metric("ravenry_refused_bots", &[("tenant", "globex")]),
        None
    );
}

/// Everything at once, with its place, and nothing is started.
#[test]
fn a_check_says_what_is_wrong_with_all_tenants() {
    let verb = ["serve", "--config", "operator.toml", "--check"];
    let said = folder().refused(&verb);
    for wrong in [
        "bot `broken` cannot be mounted",
        "bot `keyless` cannot have its access key",
        "`memory` of bot `greedy` is 7GiB",
        "it needs the engine `async`, which is switched off here",
        "bot `future` cannot be mounted",
        "bytes, and it may have 65536",
        "unknown key `rout`",
        "bot `unbuilt` is not built",
        "`source` of bot `thief` leads out of the directory",
        "`initech/m.toml` is not valid TOML",
        "`initech/none.toml` cannot be read",
    ] {
        assert!(said.contains(wrong), "{wrong} is not in\n{said}");
    }
    let well = Folder::empty()
        .file(
            "operator.toml",
            "[tenant.globex]\nmanifests = [\"globex.toml\"]\n",
        )
        .manifest("globex.toml", "[bot.echo]\nsource = \"echo.wasm\"\n");
    let state = well.path().join("state");
    let output = well.command(&verb).output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "Nothing is wrong that can be told without compiling. Bots: 1, tenants: 1\n"
    );
    assert!(!state.exists(), "a check makes no directories");
}

/// What is the operator's own is no tenant's fault: nobody is served by half of his file.
#[test]
fn a_mistake_of_the_operator_stops_the_start() {
    let said = folder()
        .file("operator.toml", format!("{OPERATOR}[serve]\n"))
        .refused(&["serve", "--config", "operator.toml"]);
    assert!(said.contains("unknown key `serve`"), "{said}");
}
