//! What bots may reach outside, as their authors say it: the platform, hosts, secrets.

use insta::assert_snapshot;

use super::{super::resolve::BotSpec, scene::Scene};

const HEAD: &str = "manifest_version = 1\n[bot.cat]\nsource = \".\"\n";

/// The one bot of a manifest with these lines; variable `E` and the secret `api` are there.
fn cat(lines: &str) -> Result<BotSpec, String> {
    let scene = Scene::new(&[
        ("m.toml", &format!("{HEAD}{lines}\n")),
        ("api.key", "value-of-file\n"),
        ("empty.key", ""),
        ("vault/api", "value of secret\r\n\n"),
        ("vault/short", "1234567"),
        ("vault/two-lines", "one-line\nanother"),
    ]);
    let vault = scene.path_of("vault");
    let scene = scene
        .variable("E", "value-of-the-variable-E-32-bytes")
        .variable("EMPTY", "")
        .variable("RAVENRY_SECRETS_DIR", &vault);
    let mut spec = scene
        .manifest("m.toml")
        .map_err(|said| said.replace("DIR/m.toml:", ""))?;
    Ok(spec.tenants.remove(0).bots.remove(0))
}

/// What is wrong with these lines of a manifest, line by line.
#[track_caller]
fn says(lines: &str, expected: &[&str]) {
    let said = cat(lines).err().unwrap_or_default();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "for {lines}");
}

const HOSTS: &str =
    "allowed_outbound_hosts = [\"https://api.example.com\", \"https://*.example.org\"]";

#[test]
fn a_bot_has_the_hosts_and_secrets_that_it_names() {
    let cat = cat(&format!(
        r#"{HOSTS}
[bot.cat.secrets]
TOKEN = {{ file = "api.key", host = ["https://api.example.com", "https://eu.example.org"], header = "X-Api-Key" }}
KEY = {{ env = "E", host = "https://api.example.com" }}
NAMED = {{ secret = "api", host = "https://*.example.org" }}
"#
    ))
    .unwrap();
    let hosts = |hosts: &[ravenry_base::hosts::HostPattern]| {
        let shown: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        shown.join(" ")
    };
    assert_eq!(
        hosts(&cat.outbound_hosts),
        "https://api.example.com https://*.example.org"
    );
    let secrets: Vec<_> = cat
        .secrets
        .iter()
        .map(|grant| {
            let value = grant.value.reveal(str::to_owned);
            let (name, header) = (&grant.name, &grant.header);
            format!("{name}={value} in {header} to {}", hosts(&grant.hosts))
        })
        .collect();
    assert_eq!(
        secrets,
        [
            "KEY=value-of-the-variable-E-32-bytes in authorization to https://api.example.com",
            "NAMED=value of secret in authorization to https://*.example.org",
            "TOKEN=value-of-file in x-api-key to https://api.example.com https://eu.example.org",
        ]
    );
    assert!(!format!("{cat:?}").contains("value-of"));
}

#[test]
fn nothing_outside_is_the_default() {
    let cat = cat("").unwrap();
    assert!(cat.outbound_hosts.is_empty() && cat.secrets.is_empty() && !cat.sync);
}

/// Container platforms put access keys into files, too.
#[test]
fn an_access_key_may_be_a_named_secret() {
    let text = format!("{HEAD}poe = {{ access_key = {{ secret = \"cat-key\" }} }}\n");
    let scene = Scene::new(&[
        ("m.toml", &text),
        ("vault/cat-key", "planted-key-of-the-cat-32-bytes-\n"),
    ]);
    let vault = scene.path_of("vault");
    let scene = scene.variable("RAVENRY_SECRETS_DIR", &vault);
    let spec = scene.manifest("m.toml").unwrap();
    assert!(spec.tenants[0].bots[0].access_keys[0].matches(b"planted-key-of-the-cat-32-bytes-"));
}

#[test]
fn settings_are_told_to_the_platform_where_the_bot_has_a_name_and_a_key() {
    let key = "access_key = { env = \"E\" }";
    for (poe, sync) in [
        (format!("name = \"C\", {key}"), true),
        (format!("name = \"C\", {key}, sync = true"), true),
        (format!("name = \"C\", {key}, sync = false"), false),
        ("name = \"C\"".to_owned(), false),
        (key.to_owned(), false),
        ("sync = false".to_owned(), false),
    ] {
        assert_eq!(
            cat(&format!("poe = {{ {poe} }}")).unwrap().sync,
            sync,
            "{poe}"
        );
    }
    let both = "hint: a bot whose settings Poe is told has a `name` there, and an `access_key`";
    for (poe, missing) in [
        ("sync = true", "name"),
        ("sync = true, name = \"C\"", "access_key"),
    ] {
        let error = format!("error: `sync` in [bot.cat.poe] is true, but `{missing}` is missing");
        says(&format!("poe = {{ {poe} }}"), &[&error, "  --> 4:16", both]);
    }
    let text = "error: `sync` in [bot.cat.poe] must be true or false, not text";
    says("poe = { sync = \"no\" }", &[text, "  --> 4:17"]);
}

#[test]
fn hosts_are_checked() {
    let entry = "error: an entry of `allowed_outbound_hosts` in [bot.cat]";
    let more = format!("{entry} has more in it than scheme, host and port");
    says(
        "allowed_outbound_hosts = [\"https://api.example.com/v1\"]",
        &[
            &more,
            "  --> 4:28",
            "hint: write \"https://api.example.com\" alone: all paths of a host are allowed, or none",
        ],
    );
    let number = format!("{entry} must be text in quotes, not a whole number");
    says("allowed_outbound_hosts = [1]", &[&number, "  --> 4:27"]);
    let list = "error: `allowed_outbound_hosts` in [bot.cat] must be a list of texts, not text";
    says("allowed_outbound_hosts = \"*\"", &[list, "  --> 4:27"]);
}

#[test]
fn a_secret_says_where_it_is_and_where_it_may_go() {
    let hint = "hint: write { env = \"API_KEY\", host = \"https://api.example.com\" }, with `file` or `secret` instead of `env` as you like, and keep the secret there";
    let secret = |inside: &str| format!("{HOSTS}\nsecrets = {{ KEY = {inside} }}");
    let stands = "error: a secret stands in the file, as `bot.cat.secrets.KEY`";
    says(&secret("\"planted\""), &[stands, "  --> 5:20", hint]);
    let table = "error: `bot.cat.secrets.KEY` must be a table, not a list";
    says(&secret("[]"), &[table, "  --> 5:19", hint]);
    let none = "error: none of `env`, `file` and `secret` stands in [bot.cat.secrets.KEY]";
    let host = "error: `host` is missing in [bot.cat.secrets.KEY]";
    let only = "hint: write `host = \"https://api.example.com\"`: the secret is sent there, and nowhere else";
    says(
        &secret("{}"),
        &[
            none,
            "  --> 5:19",
            hint,
            host,
            "  --> 5:19",
            only,
            "2 errors",
        ],
    );
    let with = |more: &str| secret(&format!("{{ host = \"https://api.example.com\", {more} }}"));
    let both = "error: `env` and `secret` both stand in [bot.cat.secrets.KEY]; one is enough";
    says(
        &with("env = \"E\", secret = \"api\""),
        &[both, "  --> 5:19"],
    );
    let header = "error: `header` in [bot.cat.secrets.KEY] is not the name of a header";
    let such = "hint: write \"authorization\" or \"x-api-key\"";
    says(
        &with("env = \"E\", header = \"a b\""),
        &[header, "  --> 5:76", such],
    );
    let unknown = "error: unknown key in [bot.cat.secrets.KEY]";
    says(
        &with("env = \"E\", headers = \"a\""),
        &[unknown, "  --> 5:66", "hint: did you mean `header`?"],
    );
    let name = "error: `secret` in [bot.cat.secrets.KEY] is not the name of a secret";
    let letters =
        "hint: it is a file in the directory of secrets: use letters, digits, `-`, `_` and `.`";
    for out in ["", "../api", "/etc/passwd", "a/b", ".hidden", ".."] {
        let lines = with(&format!("secret = \"{out}\""));
        // The span of an empty text starts before its quote.
        let said = cat(&lines).unwrap_err();
        assert!(said.starts_with(name) && said.ends_with(letters), "{said}");
    }
    let list = "error: `host` in [bot.cat.secrets.KEY] must have 1 to 256 entries";
    says(&secret("{ env = \"E\", host = [] }"), &[list, "  --> 5:39"]);
}

/// What no header can carry, or what masking would find in every other word, is no secret.
#[test]
fn a_secret_is_there_and_can_stand_in_a_header() {
    let of = |source: &str| {
        let lines = format!(
            "{HOSTS}\nsecrets = {{ KEY = {{ {source}, host = \"https://api.example.com\" }} }}"
        );
        let said = cat(&lines).unwrap_err();
        let mut lines = said.lines();
        assert_eq!(
            lines.next(),
            Some("error: bot `cat` cannot have its secret `KEY`")
        );
        let causes = lines.take_while(|line| line.starts_with("  caused by: "));
        let causes: Vec<_> = causes.map(|line| &line["  caused by: ".len()..]).collect();
        let hint = said.lines().last().unwrap_or_default().to_owned();
        (causes.join("; ").split("DIR/").collect::<String>(), hint)
    };
    let write = "hint: write the secret into it, on one line";
    for (source, cause, hint) in [
        (
            "env = \"UNSET\"",
            "environment variable `UNSET` is not set",
            "hint: set it before the start: `export UNSET=…`",
        ),
        (
            "secret = \"short\"",
            "file `vault/short` has fewer than 8 bytes",
            "hint: copy all of the secret; one for tries of your own: `openssl rand -hex 16`",
        ),
        (
            "secret = \"two-lines\"",
            "file `vault/two-lines` has characters that no secret has",
            "hint: copy the secret alone, on one line: all of it is ASCII",
        ),
        (
            "secret = \"other\"",
            "file `vault/other` cannot be read; No such file or directory (os error 2)",
            write,
        ),
        (
            "file = \".\"",
            "file `.` cannot be read; it is not a regular file",
            write,
        ),
    ] {
        assert_eq!(of(source), (cause.to_owned(), hint.to_owned()), "{source}");
    }
}

/// A bot that can do without is mounted without; what is there and is no secret stays a mistake.
#[test]
fn an_optional_secret_may_be_missing() {
    let of = |source: &str, optional: &str| {
        let host = "host = \"https://api.example.com\"";
        let lines =
            format!("{HOSTS}\nsecrets = {{ KEY = {{ {source}, {host}, optional = {optional} }} }}");
        cat(&lines).map(|cat| cat.secrets.len())
    };
    for absent in [
        "env = \"UNSET\"",
        "env = \"EMPTY\"",
        "secret = \"other\"",
        "file = \"no/such/file\"",
        "file = \"empty.key\"",
    ] {
        assert_eq!(of(absent, "true"), Ok(0), "{absent}");
        assert!(of(absent, "false").is_err(), "{absent}");
    }
    for present in ["env = \"E\"", "secret = \"api\"", "file = \"api.key\""] {
        assert_eq!(of(present, "true"), Ok(1), "{present}");
    }
    for wrong in ["secret = \"short\"", "file = \".\""] {
        let said = of(wrong, "true").unwrap_err();
        assert!(said.contains("cannot have its secret `KEY`"), "{said}");
    }
    let said = of("env = \"E\"", "\"yes\"").unwrap_err();
    let text = "`optional` in [bot.cat.secrets.KEY] must be true or false, not text";
    assert!(said.contains(text), "{said}");
}

#[test]
fn an_optional_secret_needs_no_directory_of_secrets() {
    let lines = format!(
        "{HEAD}{HOSTS}\nsecrets = {{ KEY = {{ secret = \"api\", host = \"https://api.example.com\", optional = true }} }}\n"
    );
    let scene = Scene::new(&[("m.toml", &lines)]);
    let spec = scene.manifest("m.toml").unwrap();
    assert!(spec.tenants[0].bots[0].secrets.is_empty());
}

#[test]
fn a_secret_without_a_directory_says_how_to_name_one() {
    let lines = format!(
        "{HEAD}{HOSTS}\nsecrets = {{ KEY = {{ secret = \"api\", host = \"https://api.example.com\" }} }}\n"
    );
    let scene = Scene::new(&[("m.toml", &lines)]);
    assert_snapshot!(scene.manifest("m.toml").unwrap_err(), @r"
    error: bot `cat` cannot have its secret `KEY`
      caused by: it is not said in which directory secrets are
      --> DIR/m.toml:5:19
    hint: set RAVENRY_SECRETS_DIR to a directory with a file for each secret
    ");
}

/// A secret that could never be sent, and a name that the bot would find twice, are mistakes.
#[test]
fn secrets_fit_hosts_and_config() {
    let secret = "secrets = { KEY = { env = \"E\", host = \"https://other.example\" } }";
    says(
        &format!("{HOSTS}\n{secret}"),
        &[
            "error: a secret of bot `cat` is granted for a host that the bot may not send requests to",
            "  caused by: `allowed_outbound_hosts` in [bot.cat] does not cover `https://other.example`",
            "  --> 5:40",
            "hint: write `allowed_outbound_hosts = [\"https://other.example\"]`",
        ],
    );
    says(
        "allowed_outbound_hosts = [\"https://api.example.com\"]\nconfig = { KEY = \"\" }\nsecrets = { KEY = { env = \"E\", host = \"https://*.example.com\" } }",
        &[
            "error: a name in [bot.cat.secrets] stands in `config` as well",
            "  --> 6:13",
            "hint: the bot finds both in its environment: give one of them another name",
        ],
    );
}
