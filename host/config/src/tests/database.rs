//! The database of an operator's file: where its URL is, and what may stand in the file itself.

use insta::assert_snapshot;

use super::{super::database, scene::Scene};
use ravenry_base::secret::Secret;

/// An operator's file with this line, and what it may name.
fn scene(line: &str) -> Scene {
    let text =
        format!("[server]\n{line}\n[secrets]\ndir = \"vault\"\n[tenant.acme]\nmanifests = []\n");
    let scene = Scene::new(&[("o.toml", &text)]);
    scene.write("url", b"postgres://me:of-file@db/x\n");
    scene.write("vault/url", b"postgres://me:of-vault@db/x");
    scene
        .variable("GOOD", "postgresql://me:of-env@db:5432/x?sslmode=require")
        .variable("OTHER", "mysql://me:planted@db/x")
        .variable("BLANK", "postgres://me:plan ted@db/x")
        .variable("SHORT", "planted")
        .variable("SLASH", "postgres://me:planted/x@db/x")
        .variable("EMPTY", "")
}

fn database(line: &str) -> Result<Option<Secret>, String> {
    scene(line).operator("o.toml").map(|spec| spec.database)
}

#[test]
fn a_database_is_named_in_the_file_or_elsewhere() {
    assert_eq!(database(""), Ok(None));
    for (line, url) in [
        ("database = \"postgres://db/x\"", "postgres://db/x"),
        (
            "database = \"postgresql://me@[::1]:5432/x?sslmode=require\"",
            "postgresql://me@[::1]:5432/x?sslmode=require",
        ),
        (
            "database = \"postgres:///x?host=/run/postgresql\"",
            "postgres:///x?host=/run/postgresql",
        ),
        (
            "database = { env = \"GOOD\" }",
            "postgresql://me:of-env@db:5432/x?sslmode=require",
        ),
        (
            "database = { file = \"url\" }",
            "postgres://me:of-file@db/x",
        ),
        (
            "database = { secret = \"url\" }",
            "postgres://me:of-vault@db/x",
        ),
        (
            "[server.database]\nenv = \"GOOD\"",
            "postgresql://me:of-env@db:5432/x?sslmode=require",
        ),
    ] {
        let found = database(line).unwrap().unwrap();
        assert!(found.matches(url.as_bytes()), "{line}");
    }
    let author = Scene::new(&[(
        "m.toml",
        "manifest_version = 1\n[bot.cat]\nsource = \".\"\n",
    )]);
    assert_eq!(author.manifest("m.toml").unwrap().database, None);
}

/// Behind the walls the file is read again: it is among what may be read there.
#[test]
fn a_file_with_a_url_is_read_behind_the_walls() {
    for (line, file) in [
        ("database = { file = \"url\" }", Some("DIR/url")),
        ("database = { secret = \"url\" }", Some("DIR/vault/url")),
        ("database = { env = \"GOOD\" }", None),
        ("database = \"postgres://db/x\"", None),
    ] {
        let scene = scene(line);
        let spec = scene.only("acme", "o.toml").unwrap();
        let read: Vec<_> = spec.read.iter().map(|path| scene.shown(path)).collect();
        let named = read.iter().find(|path| path.ends_with("/url"));
        assert_eq!(named.map(String::as_str), file, "{line}: {read:?}");
    }
}

/// A password in the file is one that everybody may read, wherever in the URL it stands.
#[test]
fn a_password_stands_elsewhere() {
    assert_snapshot!(database("database = \"postgres://me:planted@db/x\"").unwrap_err(), @r#"
    error: `database` in [server] has a password in it, which everybody sees who reads this file
      --> DIR/o.toml:2:13
    hint: write { env = "DATABASE_URL" } or { file = "database.url" }, and keep the URL there
    "#);
    for url in [
        "postgresql://:planted@db",
        "postgres://db/x?password=planted",
        "postgres://db/x?sslmode=require&PASSWORD=planted",
        "postgres://db/x?%70assword=planted",
        "postgres://me:12/planted@db/x",
    ] {
        let said = database(&format!("database = \"{url}\"")).unwrap_err();
        assert!(said.contains("has a password in it"), "{url}: {said}");
    }
}

/// Every value that is none, with what was expected.
#[test]
fn what_is_no_database_is_refused() {
    let said = |line: &str| database(line).unwrap_err();
    assert_snapshot!(said("database = \"mysql://db/x\""), @r#"
    error: `database` in [server] is not a URL with the scheme `postgres` or `postgresql`
      --> DIR/o.toml:2:13
    hint: write it in full, such as "postgres://db.internal:5432/ravenry"; in a password, `/` is `%2F` and `@` is `%40`
    "#);
    assert_snapshot!(said("database = \"postgres://d b/x\""), @r"
    error: `database` in [server] has blanks or other characters that no URL has
      --> DIR/o.toml:2:13
    hint: write a blank as `%20`; all of a URL is ASCII
    ");
    assert_snapshot!(said("database = 5432"), @r#"
    error: `database` in [server] must be a URL in quotes or a table, not a whole number
      --> DIR/o.toml:2:12
    hint: write { env = "DATABASE_URL" } or { file = "database.url" }, and keep the URL there
    "#);
    assert_snapshot!(said("database = { env = \"UNSET\" }"), @r"
    error: `database` in [server] cannot be read
      caused by: environment variable `UNSET` is not set
      --> DIR/o.toml:2:12
    hint: set it before the start: `export UNSET=…`
    ");
    assert_snapshot!(said("database = { file = \"nowhere\" }"), @r"
    error: `database` in [server] cannot be read
      caused by: file `DIR/nowhere` cannot be read
      caused by: No such file or directory (os error 2)
      --> DIR/o.toml:2:12
    hint: write the URL into it, on one line
    ");
    assert_snapshot!(said("database = { env = \"OTHER\" }"), @r#"
    error: `database` in [server] is not a URL with the scheme `postgres` or `postgresql`
      --> DIR/o.toml:2:12
    hint: write it in full, such as "postgres://db.internal:5432/ravenry"; in a password, `/` is `%2F` and `@` is `%40`
    "#);
    assert_snapshot!(said("database = { env = \"SLASH\" }"), @r#"
    error: `database` in [server] is not a URL with the scheme `postgres` or `postgresql`
      --> DIR/o.toml:2:12
    hint: write it in full, such as "postgres://db.internal:5432/ravenry"; in a password, `/` is `%2F` and `@` is `%40`
    "#);
    assert_snapshot!(said("database = { env = \"BLANK\" }"), @r"
    error: `database` in [server] cannot be read
      caused by: environment variable `BLANK` has blanks or other characters that no URL has
      --> DIR/o.toml:2:12
    hint: copy the URL alone: ASCII without blanks or line breaks
    ");
    assert_snapshot!(said("database = { env = \"SHORT\" }"), @r"
    error: `database` in [server] cannot be read
      caused by: environment variable `SHORT` has fewer than 11 bytes
      --> DIR/o.toml:2:12
    hint: copy all of the URL: it begins with `postgres://`
    ");
    assert_snapshot!(said("database = { env = \"EMPTY\" }"), @r"
    error: `database` in [server] cannot be read
      caused by: environment variable `EMPTY` is empty
      --> DIR/o.toml:2:12
    hint: set it before the start: `export EMPTY=…`
    ");
    assert_snapshot!(said("database = { url = \"postgres://db/x\" }"), @r#"
    error: none of `env`, `file` and `secret` stands in [server.database]
      --> DIR/o.toml:2:12
    hint: write { env = "DATABASE_URL" } or { file = "database.url" }, and keep the URL there
    error: unknown key in [server.database]
      --> DIR/o.toml:2:14
    hint: known here: `env`, `file`, `secret`
    2 errors
    "#);
    assert_snapshot!(said("database = { env = \"GOOD\", file = \"url\" }"), @r"
    error: `env` and `file` both stand in [server.database]; one is enough
      --> DIR/o.toml:2:12
    ");
    assert_snapshot!(said("databse = \"postgres://db/x\""), @r"
    error: unknown key `databse` in [server]
      --> DIR/o.toml:2:1
    hint: did you mean `database`?
    ");
}

/// Whatever is wrong with a URL, no part of it is repeated; nor by a dump of what was loaded.
#[test]
fn no_error_shows_a_url() {
    for line in [
        "database = \"postgres://me:planted@db/x\"",
        "database = \"planted\"",
        "database = \"postgres://me:planted@db:port/x\"",
        "database = { planted = 1 }",
        "database = { env = \"postgres://me:planted@db/x\" }",
        "database = { file = \"postgres://me:planted@db/x\" }",
        "database = { secret = \"postgres://me:planted@db/x\" }",
        "database = { env = \"OTHER\" }",
        "database = { env = \"BLANK\" }",
        "database = { env = \"SHORT\" }",
        "database = [\"planted\"]",
    ] {
        let said = database(line).unwrap_err();
        assert!(!said.contains("plan"), "{line}: {said}");
    }
    let spec = scene("database = { env = \"GOOD\" }")
        .operator("o.toml")
        .unwrap();
    assert!(!format!("{spec:?}").contains("of-env"));
}

#[test]
fn urls_of_flags_are_those_of_files() {
    for url in [
        "postgres://db",
        "postgresql://me:planted@db:5432/x",
        "POSTGRES://db",
    ] {
        assert!(database::url(url).unwrap().matches(url.as_bytes()), "{url}");
    }
    let long = format!("postgres://{}", "x/".repeat(2048));
    for url in [
        "",
        "postgres",
        "postgres:db",
        "postgres:/db",
        "http://db",
        "postgres://db:x",
        &long,
    ] {
        let error = database::url(url).unwrap_err();
        assert_eq!(error, database::DatabaseUrlError::Url, "{url}");
    }
    for url in [" postgres://db", "postgres://db\n", "postgres://dß"] {
        let error = database::url(url).unwrap_err();
        assert_eq!(error, database::DatabaseUrlError::Characters, "{url}");
    }
}
