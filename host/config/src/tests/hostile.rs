//! Files that mean harm, or were damaged, and keys that must not be seen.

use std::path::Path;

use proptest::prelude::*;

use super::{
    super::{manifest, operator, source_file::TextFile},
    scene::Scene,
};

/// As long and mixed as Poe's.
const KEY: &str = "Xy12Zw34Ab56Cd78Ef90Gh12Ij34Kl56";

/// Wherever a key is written by mistake, no error repeats it; nor does a dump of what was loaded.
#[test]
fn no_error_shows_a_key() {
    let with = |poe: &str| format!("manifest_version = 1\n[bot.cat]\nsource = \".\"\n{poe}\n");
    for text in [
        with(&format!("poe = {{ access_key = \"{KEY}\" }}")),
        with(&format!("poe = {{ access_keys = [\"{KEY}\"] }}")),
        with(&format!("poe = {{ access_keys = \"{KEY}\" }}")),
        with(&format!("poe = {{ access_key = {{ env = \"{KEY}\" }} }}")),
        with(&format!("poe = {{ access_key = {{ file = \"{KEY}\" }} }}")),
        with(&format!("poe = {{ access_key = {{ key = \"{KEY}\" }} }}")),
        with(&format!("poe = {{ access_key = {{ {KEY} = true }} }}")),
        with(&format!(
            "poe = {{ access_key = {{ {KEY} = 1, {KEY} = 2 }} }}"
        )),
        with(&format!("poe = {{ acess_key = \"{KEY}\" }}")),
        with(&format!("poe = {{ {KEY} = 1 }}")),
        with(&format!("poe = \"{KEY}\"")),
        with(&format!("poe = {KEY}")),
        with(&format!("{KEY} = 1")),
        with(&format!("config = {{ {KEY} = 1 }}")),
        with(&format!("limits = {{ {KEY} = 1, memory = \"{KEY}\" }}")),
        with(&format!(
            "poe = {{ access_key = {{ secret = \"{KEY}\" }} }}"
        )),
        with(&format!("poe = {{ sync = \"{KEY}\" }}")),
        with(&format!("secrets = \"{KEY}\"")),
        with(&format!("secrets = {{ K = \"{KEY}\" }}")),
        with(&format!("secrets = {{ {KEY} = 1 }}")),
        with(&format!(
            "secrets = {{ {KEY} = {{ env = \"E\", host = \"https://a.example\" }} }}"
        )),
        with(&format!(
            "secrets = {{ {KEY} = {{}} }}\nconfig = {{ {KEY} = \"\" }}"
        )),
        with(&format!(
            "secrets = {{ K = {{ env = \"{KEY}\", host = \"https://a.example\" }} }}\nallowed_outbound_hosts = [\"https://a.example\"]"
        )),
        with(&format!(
            "secrets = {{ K = {{ file = \"{KEY}\", host = \"https://a.example\" }} }}\nallowed_outbound_hosts = [\"https://a.example\"]"
        )),
        with(&format!(
            "secrets = {{ K = {{ secret = \"{KEY}\", host = \"https://a.example\" }} }}\nallowed_outbound_hosts = [\"https://a.example\"]"
        )),
        with(&format!(
            "secrets = {{ K = {{ {KEY} = 1, header = \"{KEY} \", host = \"{KEY}\" }} }}"
        )),
        with(&format!(
            "secrets = {{ K = {{ host = [\"https://me:{KEY}@a.example\", 1] }} }}"
        )),
        with(&format!(
            "allowed_outbound_hosts = [\"https://me:{KEY}@a.example\", \"{KEY}\"]"
        )),
        with(&format!("build = {{ command = \"\", key = \"{KEY}\" }}")),
        with(&format!("route = \"{KEY}\"")),
        with(&format!(
            "store = {{ user = {{ ttl = \"{KEY}\", {KEY} = 1 }}, {KEY} = 1 }}"
        )),
        with(&format!("[bot.{KEY}]\nroute = 1\nx = 1")),
        with(&format!("[{KEY}]")),
        with(&format!("[{KEY}]\n[{KEY}]")),
        with(
            "poe = { access_keys = [{ env = \"SPACED\" }, { env = \"LONG\" }, { file = \"key\" }, { file = \"keys\" }] }",
        ),
    ] {
        let scene = Scene::new(&[
            ("m.toml", &text),
            ("key", &format!("{KEY}\n{KEY}")),
            ("keys", &KEY.repeat(200)),
        ]);
        let scene = scene
            .variable("SPACED", &format!("{KEY} "))
            .variable("LONG", &KEY.repeat(9));
        let error = scene.manifest("m.toml").unwrap_err();
        assert!(!error.contains(KEY), "{error}");
    }
    let scene = Scene::new(&[("m.toml", &with("poe = { access_key = { env = \"K\" } }"))])
        .variable("K", KEY);
    let spec = scene.manifest("m.toml").unwrap();
    assert!(spec.tenants[0].bots[0].access_keys[0].matches(KEY.as_bytes()));
    assert!(!format!("{spec:?} {spec:#?}").contains(KEY));
}

/// A key that is empty or cannot stand in a header is an error, never an open bot.
#[test]
fn a_bad_key_is_refused() {
    let text = "manifest_version = 1\n[bot.cat]\nsource = \".\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let blanks = "has blanks or other characters that no key has";
    let ascii = "copy the key alone: ASCII without blanks or line breaks";
    let around = "copy the key alone, without what stands around it";
    for (key, error, hint) in [
        ("", "is empty", "set it before the start: `export KEY=…`"),
        ("a b", blanks, ascii),
        ("a\n", blanks, ascii),
        ("schlüssel", blanks, ascii),
        (&"k".repeat(257), "has more than 256 bytes", around),
    ] {
        let error = format!(
            "error: bot `cat` cannot have its access key\n  caused by: environment variable `KEY` {error}\n  \
             --> DIR/m.toml:4:22\nhint: {hint}"
        );
        assert_eq!(
            Scene::new(&[("m.toml", text)])
                .variable("KEY", key)
                .manifest("m.toml")
                .unwrap_err(),
            error
        );
    }
}

/// Half a key, or one that was made up by hand, is told as such; one that is as long as Poe's is taken.
#[test]
fn a_short_key_is_refused() {
    let text = |source: &str| {
        format!(
            "manifest_version = 1\n[bot.cat]\nsource = \".\"\npoe = {{ access_key = {{ {source} }} }}\n"
        )
    };
    let (variable, file) = (text("env = \"KEY\""), text("file = \"key\""));
    let load = |manifest: &str, key: &str| {
        Scene::new(&[("m.toml", manifest), ("key", &format!("{key}\n"))])
            .variable("KEY", key)
            .manifest("m.toml")
    };
    for key in ["k", "123", &KEY[1..]] {
        for (manifest, shown) in [
            (&variable, "environment variable `KEY`"),
            (&file, "file `DIR/key`"),
        ] {
            assert_eq!(
                load(manifest, key).unwrap_err(),
                format!(
                    "error: bot `cat` cannot have its access key\n  caused by: {shown} has fewer than 32 bytes\n  \
                     --> DIR/m.toml:4:22\nhint: copy all of the key that Poe shows for the bot; \
                     one for tries of your own: `openssl rand -hex 16`"
                )
            );
        }
    }
    let spaced = format!("{} {}", &KEY[..16], &KEY[16..]);
    for manifest in [&variable, &file] {
        let error = load(manifest, &spaced).unwrap_err();
        assert!(error.contains("has blanks"), "{error}");
        assert!(load(manifest, KEY).is_ok());
    }
}

/// A pipe in place of a file would hold the start up for ever.
#[test]
fn a_directory_is_no_key_file() {
    let scene = Scene::new(&[(
        "m.toml",
        "manifest_version = 1\n[bot.cat]\nsource = \".\"\npoe = { access_key = { file = \"./\" } }\n",
    )]);
    assert!(
        scene
            .manifest("m.toml")
            .unwrap_err()
            .contains("caused by: it is not a regular file")
    );
}

/// A megabyte of mistakes is answered with a page or two.
#[test]
fn a_flood_of_mistakes_is_cut() {
    use std::fmt::Write as _;
    let mut text = "manifest_version = 1\n[bot.cat]\nsource = \".\"\n".to_owned();
    for number in 0..50_000 {
        writeln!(text, "key_{number} = 1").unwrap();
    }
    let error = Scene::new(&[("m.toml", &text)])
        .manifest("m.toml")
        .unwrap_err();
    assert!(error.ends_with("\n50000 errors, of which the first 100 are shown"));
    assert!(error.len() < 100_000);
}

const MANIFEST: &str = r#"manifest_version = 1
[bot.cat]
route  = "/cat"
source = { oci = "x" }
poe    = { name = "C", access_key = { env = "K" }, access_keys = [{ file = "f" }] }
allowed_outbound_hosts = ["https://a.example:1", 1]
config = { a = "b", c = 1.5 }
secrets = { K = { env = "K", host = ["https://*.a.example"], header = "x-k" } }
limits = { memory = "32MiB", cpu = 1, running = 7, queue_wait = "1.5s" }
build  = { command = "c", watch = ["src/**"] }
store = { user = { ttl = "90d" }, conversation = { ttl = "1.5s" } }
[server]
database = "postgres://u@h:1/d"
listen = "[::1]:80"
connections = 1
drain = "1s"
guest_clock = "1ms"
[poe]
api = "http://[::1]:80/x"
[egress]
allow_private_hosts = ["[::1]:80"]
allowed_outbound_hosts = ["https://*.a.example"]
[limits]
cpu = "1h 1ms"
[store]
bot = { ttl = "1s" }
[tenant.a]
path_prefix = "/a/b"
hosts = ["a.example", 7]
manifests = ["m"]
weight = 2
limits = { running = 1, queue = 1, memory = "1GiB", store = "1GiB", store_keys = 0 }
[tenant.b]
path_prefix = "/a"
hosts = ["A.example"]
"#;

/// Reads a text as both kinds of file. All places that it names are in the text.
fn read(text: &str) {
    let mut file = TextFile::new(Path::new("m"), text);
    manifest::read(&mut file);
    operator::read(&mut file);
    for problem in &file.problems {
        let place = problem.place.as_ref().unwrap();
        let line = text
            .split('\n')
            .nth(usize::try_from(place.line).unwrap() - 1)
            .unwrap();
        assert!(
            usize::try_from(place.column).unwrap() <= line.chars().count() + 1,
            "{problem}"
        );
        let _ = problem.to_string();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        read(&text);
    }

    #[test]
    fn no_toml_panics(text in r#"(\[{1,2}(bot|tenant|limits|server|"")?(\.[a-zé"']{0,3}){0,2}\]{1,2}|(source|poe|limits|hosts|a|b\.c) ?= ?("[^"]{0,9}|'x'|1_0|-1|1e9|0xff|true|\[|\{|\]|\}|"k"|inf|1979-05-27)|[,=\n#.]|\n){0,30}"#) {
        read(&text);
    }

    /// A whole file with a part cut out, doubled, or something put in.
    #[test]
    fn no_damaged_file_panics(from in 0..MANIFEST.len(), length in 0_usize..60, put in r#"[\[\]{}="'\\,.\n#0-9a-zé]{0,4}"#, doubled: bool) {
        let start = &MANIFEST[..from];
        let end = &MANIFEST[(from + length).min(MANIFEST.len())..];
        let middle = if doubled { &MANIFEST[from..] } else { "" };
        read(&format!("{start}{put}{middle}{end}"));
    }

    /// What one value is replaced by, it is read or refused.
    #[test]
    fn no_value_panics(line in 0..33_usize, value in r#"("[^"\\]{0,30}"|-?[0-9]{1,20}|[0-9]{1,4}\.[0-9]{1,4}|true|\[\]|\{\}|\[\{\}\]|\{ [a-z]{1,6} = 1 \}|"[0-9]{1,20}[a-zA-Z]{1,5}")"#) {
        let replaced: Vec<String> = MANIFEST.lines().enumerate().map(|(number, text)| match text.split_once('=') {
            Some((key, _)) if number == line => format!("{key}= {value}"),
            _ => text.to_owned(),
        }).collect();
        read(&replaced.join("\n"));
    }
}
