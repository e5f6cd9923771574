//! What bots may reach outside, as far as an operator lets them.

use insta::assert_snapshot;

use super::{
    super::platform::PoeUrls,
    scene::{Loaded, Scene},
};

const HEAD: &str = "manifest_version = 1\n[bot.cat]\nsource = \".\"\n";

/// An operator's file with these lines and one tenant, whose bot has these lines.
fn operated(lines: &str, bot: &str) -> Loaded {
    Scene::new(&[
        (
            "o.toml",
            &format!("{lines}\n[tenant.acme]\nmanifests = [\"m.toml\"]\nallowed_outbound_hosts = [\"https://*.example\"]\n"),
        ),
        ("m.toml", &format!("{HEAD}{bot}\n")),
        ("vault/acme/api", "value-of-acme-as-long-as-a-key-is"),
        ("vault/other/api", "value-of-other"),
        ("vault/api", "value-of-none"),
    ])
    .variable("E", "value-of-variable")
    .operator("o.toml")
}

#[test]
fn an_operator_says_where_the_platform_is_and_what_is_private() {
    let spec = operated(
        r#"
[poe]
api = "http://127.0.0.1:8081/fake"
upload = "http://127.0.0.1:8081/upload"
[egress]
allow_private_hosts = ["127.0.0.1:8081", "[::1]"]
"#,
        "",
    )
    .unwrap();
    assert_eq!(spec.poe.api.as_str(), "http://127.0.0.1:8081/fake/");
    assert_eq!(spec.poe.upload.as_str(), "http://127.0.0.1:8081/upload");
    let private: Vec<_> = spec.private_hosts.iter().map(ToString::to_string).collect();
    assert_eq!(private, ["127.0.0.1:8081", "[::1]"]);

    let spec = operated("", "").unwrap();
    assert_eq!(spec.poe, PoeUrls::default());
    assert_eq!(spec.poe.api.as_str(), "https://api.poe.com/");
    assert_eq!(
        spec.poe.upload.as_str(),
        "https://www.quora.com/poe_api/file_upload_3RD_PARTY_POST"
    );
    assert!(spec.private_hosts.is_empty());
}

/// A bot reaches what its author names, and the server and the tenant cover.
#[test]
fn hosts_of_a_bot_are_within_all_ceilings() {
    let asked = "allowed_outbound_hosts = [\"https://a.example\", \"https://b.other\"]";
    let server = "[egress]\nallowed_outbound_hosts = [\"https://b.other\", \"https://a.example\"]";
    assert_snapshot!(operated("", asked).unwrap_err(), @r"
    error: bot `cat` may not send requests to `https://b.other`
      caused by: `allowed_outbound_hosts` in [tenant.acme] does not cover it, at DIR/o.toml:4:26
      --> DIR/m.toml:4:49
    hint: take it out; only whoever runs the server can add to what is allowed
    ");
    assert_snapshot!(operated("[egress]\nallowed_outbound_hosts = []", asked).unwrap_err(), @r#"
    error: bot `cat` may not send requests to `https://a.example`
      caused by: `allowed_outbound_hosts` in [egress] does not cover it, at DIR/o.toml:2:26
      --> DIR/m.toml:4:28
    hint: take it out; only whoever runs the server can add to what is allowed
    error: bot `cat` may not send requests to `https://b.other`
      caused by: `allowed_outbound_hosts` in [egress] does not cover it, at DIR/o.toml:2:26
      --> DIR/m.toml:4:49
    hint: take it out; only whoever runs the server can add to what is allowed
    error: bot `cat` may not send requests to `https://b.other`
      caused by: `allowed_outbound_hosts` in [tenant.acme] does not cover it, at DIR/o.toml:5:26
      --> DIR/m.toml:4:49
    hint: take it out; only whoever runs the server can add to what is allowed
    3 errors
    "#);
    let fits = "allowed_outbound_hosts = [\"https://a.example\"]";
    let spec = operated(server, fits).unwrap();
    assert_eq!(spec.tenants[0].bots[0].outbound_hosts.len(), 1);
}

/// Variables and files of the server, and secrets of another tenant, cannot be named by a tenant.
#[test]
fn a_tenant_has_its_own_secrets_only() {
    let bot = |source: &str| {
        format!(
            "allowed_outbound_hosts = [\"https://a.example\"]\nsecrets = {{ KEY = {{ {source}, host = \"https://a.example\" }} }}"
        )
    };
    let vault = "[secrets]\ndir = \"vault\"";
    let spec = operated(vault, &bot("secret = \"api\"")).unwrap();
    let grant = &spec.tenants[0].bots[0].secrets[0];
    assert!(grant.value.matches(b"value-of-acme-as-long-as-a-key-is"));
    assert_snapshot!(operated(vault, &bot("env = \"E\"")).unwrap_err(), @r#"
    error: bot `cat` cannot have its secret `KEY`
      caused by: variables and files of the server are not for its tenants to name
      --> DIR/m.toml:5:19
    hint: write { secret = "NAME" }, a file in the directory `acme` of the operator's directory of secrets
    "#);
    let literal = "secrets = { KEY = \"k3y-in-the-wrong-place\" }";
    assert_snapshot!(operated(vault, literal).unwrap_err(), @r#"
    error: a secret stands in the file, as `bot.cat.secrets.KEY`
      --> DIR/m.toml:4:20
    hint: write { secret = "api.key", host = "https://api.example.com" }, a file in your directory of the operator's directory of secrets, and keep the secret there
    "#);
    let file = operated(vault, &bot("file = \"vault/other/api\"")).unwrap_err();
    assert!(file.contains("are not for its tenants to name"), "{file}");
    assert_snapshot!(operated("", &bot("secret = \"api\"")).unwrap_err(), @r#"
    error: bot `cat` cannot have its secret `KEY`
      caused by: the operator's file names no directory of secrets
      --> DIR/m.toml:5:19
    hint: write `dir = "/run/secrets"` into [secrets] of that file, and keep the secret in `acme` there
    "#);
}

/// Access keys too: with another's, a bot would charge in his name.
#[test]
fn a_tenant_has_its_own_access_keys_only() {
    let vault = "[secrets]\ndir = \"vault\"";
    let key = |source: &str| operated(vault, &format!("poe = {{ access_key = {{ {source} }} }}"));
    let spec = key("secret = \"api\"").unwrap();
    assert!(spec.tenants[0].bots[0].access_keys[0].matches(b"value-of-acme-as-long-as-a-key-is"));
    assert_snapshot!(key("env = \"E\"").unwrap_err(), @r#"
    error: bot `cat` cannot have its access key
      caused by: variables and files of the server are not for its tenants to name
      --> DIR/m.toml:4:22
    hint: write { secret = "NAME" }, a file in the directory `acme` of the operator's directory of secrets
    "#);
    // Nor is he told to name them where he wrote the key itself.
    let literal = "poe = { access_key = \"k3y-in-the-wrong-place\" }";
    assert_snapshot!(operated(vault, literal).unwrap_err(), @r#"
    error: an access key stands in the file, as `bot.cat.poe.access_key`
      --> DIR/m.toml:4:23
    hint: write { secret = "cat.key" }, a file in your directory of the operator's directory of secrets, and keep the key there
    "#);
    let several = "poe = { access_keys = [{ secret = \"api\" }, { env = \"E\" }] }";
    for refused in [
        key("env = \"UNSET\""),
        key("file = \"vault/other/api\""),
        key("file = \"none\""),
        operated(vault, several),
    ] {
        let said = refused.unwrap_err();
        assert!(said.contains("are not for its tenants to name"), "{said}");
    }
    let optional = "allowed_outbound_hosts = [\"https://a.example\"]\nsecrets = { KEY = { env = \"UNSET\", host = \"https://a.example\", optional = true } }";
    let said = operated(vault, optional).unwrap_err();
    assert!(said.contains("are not for its tenants to name"), "{said}");
}

/// A tenant's bots are made of what lies beside its manifests, after links are resolved.
#[test]
fn a_tenant_has_its_own_components_only() {
    let files = [
        ("globex/cat.wasm", ""),
        (
            "globex/m.toml",
            "manifest_version = 1\n[bot.x]\nsource = \"cat.wasm\"\n",
        ),
        ("acme/own/cat.wasm", ""),
    ];
    let made_of = |source: &str, build: &str| {
        let scene = Scene::new(&files);
        scene.write(
            "acme/m.toml",
            format!("manifest_version = 1\n[bot.cat]\nsource = \"{source}\"\n{build}").as_bytes(),
        );
        scene.write("o.toml", b"[tenant.acme]\nmanifests = [\"acme/m.toml\"]\n");
        scene.link("acme/out.wasm", "../globex/cat.wasm");
        scene.link("acme/there", "../globex");
        scene.link("acme/in.wasm", "own/cat.wasm");
        scene.link("acme/round", "../acme/own");
        scene.operator("o.toml")
    };
    for source in [
        "own/cat.wasm",
        "in.wasm",
        "round/cat.wasm",
        "own/../own/cat.wasm",
        "../acme/own/cat.wasm",
    ] {
        assert!(made_of(source, "").is_ok(), "{source}");
    }
    for source in [
        "../globex/cat.wasm",
        "../globex/none.wasm",
        "out.wasm",
        "there/cat.wasm",
        "own/../../globex/cat.wasm",
        "/dev/null",
        "/no/such/file",
        "..",
    ] {
        for build in ["", "build.command = \"true\"\n"] {
            let said = made_of(source, build).unwrap_err();
            let named = said.starts_with("error: `source` of bot `cat` leads out of the directory");
            assert!(named, "{source}: {said}");
            assert!(
                said.contains("--> DIR/acme/m.toml:3:11"),
                "{source}: {said}"
            );
        }
    }
}

/// Where a directory is looked through, links in it are as good as names.
#[test]
fn what_is_found_for_a_tenant_is_its_own() {
    let manifest = "manifest_version = 1\n[bot.x]\nsource = \"x.wasm\"\n";
    let scene = Scene::new(&[
        (
            "o.toml",
            "[tenant.acme]\nmanifests = [\"acme\", \"acme/link.toml\"]\n",
        ),
        ("globex/bot/ravenry.toml", manifest),
        ("globex/bot/x.wasm", ""),
        ("acme/own/ravenry.toml", manifest),
        ("acme/own/x.wasm", ""),
        ("acme/y.wasm", ""),
    ]);
    let found = || {
        let spec = scene.served("o.toml").unwrap();
        let bots = spec.tenants[0].bots.iter().map(|bot| bot.name.to_string());
        let wrong = spec.refused.iter().map(|it| it.problem.message.clone());
        (bots.collect::<Vec<_>>(), wrong.collect::<Vec<_>>())
    };
    scene.link("acme/link.toml", "own/ravenry.toml");
    scene.link("acme/stolen.wasm", "../globex/bot/x.wasm");
    scene.link("acme/theirs", "../globex/bot");
    scene.link("acme/z/ravenry.toml", "../../globex/bot/ravenry.toml");
    let (bots, wrong) = found();
    assert_eq!(bots, ["y"], "{wrong:?}");
    let leads_out = |it: &&String| it.contains("leads out of the directory");
    assert_eq!(wrong.iter().filter(leads_out).count(), 3, "{wrong:?}");
}

/// Of one tenant nothing is read but its own: what is wrong with others is theirs.
#[test]
fn one_tenant_can_be_loaded_alone() {
    let scene = Scene::new(&[
        (
            "o.toml",
            "[tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"m.toml\"]\n\
             [tenant.other]\npath_prefix = \"/other\"\nmanifests = [\"none.toml\"]\n",
        ),
        ("m.toml", HEAD),
    ]);
    assert!(scene.operator("o.toml").is_err());
    let spec = scene.only("acme", "o.toml").unwrap();
    let names: Vec<_> = spec
        .tenants
        .iter()
        .map(|tenant| tenant.name.as_str())
        .collect();
    assert_eq!(names, ["acme"]);
    assert_snapshot!(scene.only("somebody", "o.toml").unwrap_err(), @r"
    error: there is no tenant `somebody` to be served alone
      --> DIR/o.toml
    hint: the file declares `acme`, `other`
    ");
}

#[test]
fn mistakes_of_an_operator_show_at_once() {
    let lines = r#"
[poe]
api = "api.poe.com"
upload = "https://me:planted@poe.com"
uplod = 1
[egress]
allow_private_hosts = ["http://localhost", 1]
allowed_outbound_hosts = ["*"]
allow_private_host = []
[secrets]
dirs = "x"
"#;
    assert_snapshot!(operated(lines, "").unwrap_err(), @r#"
    error: `api` in [poe] is not a URL that starts with `https://` or `http://`
      --> DIR/o.toml:3:8
    hint: write it in full, such as "http://127.0.0.1:8081"
    error: `upload` in [poe] has a user or a password in it
      --> DIR/o.toml:4:11
    hint: Poe knows bots by their access keys alone: take it out
    error: unknown key `uplod` in [poe]
      --> DIR/o.toml:5:1
    hint: did you mean `upload`?
    error: an entry of `allow_private_hosts` in [egress] is not `HOST` or `HOST:PORT`
      --> DIR/o.toml:7:25
    hint: write "localhost", "10.0.0.7:8080" or "[::1]:8080", without scheme, path or `*`
    error: an entry of `allow_private_hosts` in [egress] must be text in quotes, not a whole number
      --> DIR/o.toml:7:44
    error: an entry of `allowed_outbound_hosts` in [egress] does not start with `https://` or `http://`
      --> DIR/o.toml:8:28
    hint: write "https://api.example.com", with a port behind it where it is another than the usual
    error: unknown key `allow_private_host` in [egress]
      --> DIR/o.toml:9:1
    hint: did you mean `allow_private_hosts`?
    error: unknown key `dirs` in [secrets]
      --> DIR/o.toml:11:1
    hint: did you mean `dir`?
    8 errors
    "#);
}

#[test]
fn metrics_can_be_switched_off() {
    let file =
        |key: &str| format!("[server]\n{key} = \"off\"\n[tenant.acme]\nmanifests = [\"m.toml\"]\n");
    let load = |key: &str| {
        let text = file(key);
        let files = [
            ("o.toml", text.as_str()),
            (
                "m.toml",
                "manifest_version = 1\n[bot.cat]\nsource = \"cat.wasm\"\n",
            ),
            ("cat.wasm", ""),
        ];
        Scene::new(&files).operator("o.toml")
    };
    let spec = load("metrics_listen").unwrap();
    assert_eq!(spec.metrics_listen.as_deref(), Some("off"));
    let said = load("listen").unwrap_err();
    assert!(said.contains("must be an address with a port"), "{said}");
}
