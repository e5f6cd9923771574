//! Two tenants on one server, with bots of the same names: nothing of one reaches the other.

use crate::harness::{Folder, Server, post, query};

mod refused;

const ACME_KEY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const GLOBEX_KEY: &str = "gggggggggggggggggggggggggggggggg";

/// Both tenants have a bot `talk` and a bot `spy`; acme's `talk` is hostile, for long enough that others can
/// be asked meanwhile.
fn folder() -> Folder {
    let bots = |talk: &str, greeting: &str| {
        format!(
            "[bot.talk]\nsource = \"{talk}.wasm\"\nconfig = {{ GREETING = \"{greeting}\" }}\n\
             poe = {{ access_key = {{ secret = \"key\" }} }}\n\
             [bot.spy]\nsource = \"looks-for-leftovers.wasm\"\nconfig = {{ GREETING = \"{greeting}\" }}\n\
             poe = {{ access_key = {{ secret = \"key\" }} }}\n"
        )
    };
    Folder::empty()
        .manifest("acme.toml", &bots("loop-after-first-event", "from acme"))
        .manifest("globex.toml", &bots("puppet", "from globex"))
        .flag("--limit=cpu=5s")
}

/// What an operator's file says of where keys are.
const SECRETS: &str = "[secrets]\ndir = \"vault\"\n";

/// The same with the keys of both.
fn folder_with_keys() -> Folder {
    folder()
        .file("vault/acme/key", ACME_KEY)
        .file("vault/globex/key", GLOBEX_KEY)
}

fn two_tenants() -> Server {
    let tenants = "\
        [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"acme.toml\"]\nlimits = { running = 2, queue = 0 }\n\
        [tenant.globex]\npath_prefix = \"/globex\"\nmanifests = [\"globex.toml\"]\n";
    let operator = format!("{SECRETS}{tenants}");
    folder_with_keys().file("operator.toml", operator).serve()
}

fn ask(server: &Server, path: &str, key: &str, text: &str) -> crate::harness::Answer {
    server.send(
        path,
        &query(text),
        &[("authorization", &format!("Bearer {key}"))],
    )
}

/// The hostile bot of one tenant is stopped; the bot of the same name of the other answers meanwhile.
#[test]
fn a_hostile_bot_of_one_tenant_does_not_disturb_the_other() {
    let server = two_tenants();
    std::thread::scope(|scope| {
        let attacks: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| ask(&server, "acme/talk", ACME_KEY, "hi")))
            .collect();
        server.wait_metric(
            "ravenry_running_replies",
            &[("tenant", "acme"), ("bot", "talk")],
            2.0,
        );
        // All places of acme are taken: its other bot is refused, the other tenant's are not.
        assert!(
            ask(&server, "acme/spy", ACME_KEY, "hi")
                .show()
                .contains("The bot is busy")
        );
        for round in 0..5 {
            let text = format!("round {round}");
            assert_eq!(ask(&server, "globex/talk", GLOBEX_KEY, &text).said(), text);
        }
        assert_eq!(
            server.metric(
                "ravenry_running_replies",
                &[("tenant", "globex"), ("bot", "talk")]
            ),
            Some(0.0)
        );
        for attack in attacks {
            let answer = attack.join().unwrap();
            assert!(answer.show().ends_with("done {}\n"), "{}", answer.show());
            assert!(
                answer.show().contains("computing time"),
                "{}",
                answer.show()
            );
        }
    });
    server.wait_metric(
        "ravenry_running_replies",
        &[("tenant", "acme"), ("bot", "talk")],
        0.0,
    );
    let stopped = |tenant: &str| {
        server.metric(
            "ravenry_replies_total",
            &[("tenant", tenant), ("outcome", "out_of_cpu")],
        )
    };
    assert_eq!((stopped("acme"), stopped("globex")), (Some(2.0), None));
    for line in server
        .log()
        .iter()
        .filter(|line| line.contains("out_of_cpu"))
    {
        assert!(line.contains("\"tenant\":\"acme\""), "{line}");
    }
}

/// The key of one tenant opens nothing of the other, and paths do not lead across.
#[test]
fn keys_and_paths_of_tenants_do_not_mix() {
    let server = two_tenants();
    for (path, key, status) in [
        ("globex/talk", GLOBEX_KEY, 200),
        ("globex/talk", ACME_KEY, 401),
        ("acme/spy", ACME_KEY, 200),
        ("acme/spy", GLOBEX_KEY, 401),
        ("talk", ACME_KEY, 404),
        ("acme/globex/talk", GLOBEX_KEY, 404),
        ("acme/../globex/talk", GLOBEX_KEY, 404),
    ] {
        assert_eq!(
            ask(&server, path, key, "hi").status,
            status,
            "{path} with the key of {key}"
        );
    }
    for text in [server.log().join("\n"), server.output(), server.metrics()] {
        assert!(
            !text.contains(ACME_KEY) && !text.contains(GLOBEX_KEY),
            "a key is in:\n{text}"
        );
    }
}

/// Each bot sees the configuration of its own tenant, and what it prints is logged under its name.
#[test]
fn configuration_and_logs_of_tenants_do_not_mix() {
    let server = two_tenants();
    assert!(
        ask(&server, "acme/spy", ACME_KEY, "hi")
            .said()
            .contains(r#"environment ["GREETING=from acme"]"#)
    );
    assert!(
        ask(&server, "globex/spy", GLOBEX_KEY, "hi")
            .said()
            .contains(r#"environment ["GREETING=from globex"]"#)
    );
    ask(&server, "globex/talk", GLOBEX_KEY, "log 1 3");
    let record = server.wait_log(|record| record["target"] == "bot" && record["message"] == "xxx");
    assert_eq!(
        (&record["tenant"], &record["bot"]),
        (&"globex".into(), &"talk".into())
    );
}

/// A tenant with host names is reached under these alone, and nobody else is.
#[test]
fn host_names_lead_to_their_tenant_alone() {
    let tenants = "\
        [tenant.acme]\nhosts = [\"acme.example\"]\nmanifests = [\"acme.toml\"]\n\
        [tenant.globex]\nhosts = [\"globex.example\", \"www.globex.example\"]\nmanifests = [\"globex.toml\"]\n";
    let operator = format!("{SECRETS}{tenants}");
    let server = folder_with_keys().file("operator.toml", operator).serve();
    let body = query("hi").to_string();
    for (host, key, status) in [
        ("globex.example", GLOBEX_KEY, 200),
        ("WWW.Globex.Example:8080", GLOBEX_KEY, 200),
        ("globex.example", ACME_KEY, 401),
        ("acme.example", GLOBEX_KEY, 401),
        ("other.example", GLOBEX_KEY, 404),
        ("", GLOBEX_KEY, 400),
    ] {
        let authorization = format!("Bearer {key}");
        let request = post(
            "/talk",
            &[("authorization", &authorization)],
            body.as_bytes(),
        );
        let request = String::from_utf8(request)
            .unwrap()
            .replace("host: localhost", &format!("host: {host}"));
        assert_eq!(
            server.connect().send(request).answer().status,
            status,
            "{host} with the key of {key}"
        );
    }
}

/// The memory of a tenant is a bound for all its bots together.
#[test]
fn memory_of_a_tenant_bounds_its_bots_together() {
    let operator = "\
        [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"m.toml\"]\nlimits = { memory = \"32MiB\" }\n\
        [tenant.globex]\npath_prefix = \"/globex\"\nmanifests = [\"m.toml\"]\n";
    let bots = "[bot.one]\nsource = \"puppet.wasm\"\n[bot.two]\nsource = \"puppet.wasm\"\n";
    let server = Folder::empty()
        .manifest("m.toml", bots)
        .file("operator.toml", operator)
        .serve();
    let mut first = server.open("acme/one", "hold 20\nsleep 100000000");
    assert_eq!(first.next_event().unwrap().1["text"], "holding 20 MiB;");
    assert!(
        server
            .ask("acme/two", "hold 20")
            .said()
            .starts_with("refused after ")
    );
    assert_eq!(
        server.ask("globex/two", "hold 20").said(),
        "holding 20 MiB;"
    );
}

/// Tenants that must not share a process do not: each has one, with its own bots, its own compiled code, and
/// nothing of others, whose keys are not even there.
#[test]
fn a_tenant_can_have_a_process_of_its_own() {
    let operator = "[secrets]\ndir = \"vault\"\n[server]\nstate_dir = \"state-of-all\"\ncache_dir = \"cache-of-all\"\n\
        [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"acme.toml\"]\n\
        [tenant.globex]\npath_prefix = \"/globex\"\nmanifests = [\"globex.toml\"]\n";
    let alone = |tenant: &str| {
        let key = if tenant == "acme" {
            ACME_KEY
        } else {
            GLOBEX_KEY
        };
        folder()
            .file(&format!("vault/{tenant}/key"), key)
            .file("operator.toml", operator)
            .flag("--only")
            .flag(tenant)
    };
    let globex = alone("globex").directories_of_files().serve();
    assert_eq!(ask(&globex, "globex/talk", GLOBEX_KEY, "hi").said(), "hi");
    assert_eq!(ask(&globex, "acme/spy", ACME_KEY, "hi").status, 404);
    assert!(
        globex
            .folder
            .path()
            .join("state-of-all/tenants/globex")
            .is_dir()
    );
    assert!(
        globex
            .folder
            .path()
            .join("cache-of-all/tenants/globex")
            .is_dir()
    );
    let acme = alone("acme").serve();
    assert_eq!(ask(&acme, "acme/spy", ACME_KEY, "hi").status, 200);
    assert_eq!(ask(&acme, "globex/talk", GLOBEX_KEY, "hi").status, 404);
    let verb = ["serve", "--config", "operator.toml"];
    let said = alone("nobody").refused(&verb);
    assert!(
        said.contains("the file declares `acme`, `globex`"),
        "{said}"
    );
}

/// An author cannot take more than the operator allows: the server does not start, and says where.
#[test]
fn an_author_can_only_narrow() {
    let operator = "[limits]\nmemory = \"16MiB\"\n\
        [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"m.toml\"]\n";
    let bots = "[bot.greedy]\nsource = \"puppet.wasm\"\nlimits = { memory = \"32MiB\" }\n";
    let said = Folder::empty()
        .manifest("m.toml", bots)
        .file("operator.toml", operator)
        .refused(&["serve", "--config", "operator.toml"]);
    assert!(
        said.contains("m.toml:4") && said.contains("memory") && said.contains("16"),
        "{said}"
    );
}

/// An operator who wants fewer engines has fewer: who needs one of the others is told so, with its name.
#[test]
fn an_operator_switches_engines_off() {
    let serve = |engines: &str, bots: &str| {
        let operator =
            format!("[server]\nengines = [{engines}]\n[tenant.acme]\nmanifests = [\"m.toml\"]\n");
        Folder::empty()
            .manifest("m.toml", bots)
            .file("operator.toml", operator)
    };
    let tasks = "[bot.tasks]\nsource = \"async-puppet.wasm\"\n";
    let large = "[bot.large]\nsource = \"echo.wasm\"\nlimits = { memory = \"300MiB\" }\n";
    let verb = ["serve", "--config", "operator.toml", "--limit=memory=1GiB"];
    let said = serve("\"small\", \"large\"", tasks).refused(&verb);
    let (_, said) = said.split_once("\nerror: ").unwrap();
    insta::assert_snapshot!(said, @r#"
    bot `tasks` cannot be mounted
      caused by: `async-puppet.wasm`: it needs the engine `async`, which is switched off here
      --> m.toml:2:1
    hint: whoever runs the server can add "async" to `engines` in [server] of the operator's file
    "#);
    let said = serve("\"small\", \"async\"", large).refused(&verb);
    assert!(
        said.contains("it needs the engine `large`, which is switched off here"),
        "{said}"
    );
    let small = "[bot.echo]\nsource = \"echo.wasm\"\n";
    let server = serve("\"small\"", small).serve();
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    let server = serve("\"small\", \"large\"", large)
        .flag("--limit=memory=1GiB")
        .serve();
    assert_eq!(server.ask("large", "hi").said(), "hi");
}
