//! What makes vectors, in an operator's file: a directory or a server, and where its key is.

use std::path::Path;

use insta::assert_snapshot;

use super::{super::embeddings::EmbeddingsSpec, scene::Scene};

/// An operator's file with these lines, and what it may name.
fn scene(lines: &str) -> Scene {
    let text = format!("{lines}\n[secrets]\ndir = \"vault\"\n[tenant.acme]\nmanifests = []\n");
    let scene = Scene::new(&[("o.toml", &text)]);
    scene.write("key", b"of-file\n");
    scene.write("vault/key", b"of-vault");
    scene
        .variable("GOOD", "of-env")
        .variable("BLANK", "plan ted")
        .variable("EMPTY", "")
}

fn embeddings(lines: &str) -> Result<Option<EmbeddingsSpec>, String> {
    scene(lines).operator("o.toml").map(|spec| spec.embeddings)
}

/// A server with this besides its URL and its model.
fn server(more: &str) -> String {
    format!(
        "[knowledge]\nembeddings = {{ url = \"https://a.example/v1/embeddings?v=1\", model = \"small\"{more} }}"
    )
}

#[test]
fn a_directory_is_beside_the_file() {
    assert_eq!(embeddings(""), Ok(None));
    assert_eq!(embeddings("[knowledge]"), Ok(None));
    let scene = scene("[knowledge]\nmodel = \"models/mini\"");
    let spec = scene.operator("o.toml").unwrap();
    let Some(EmbeddingsSpec::Directory(directory)) = spec.embeddings else {
        panic!("{:?}", spec.embeddings)
    };
    assert_eq!(scene.shown(&directory), "DIR/models/mini");
    let absolute = embeddings("[knowledge]\nmodel = \"/srv/mini\"");
    let expected = EmbeddingsSpec::Directory(Path::new("/srv/mini").to_owned());
    assert_eq!(absolute, Ok(Some(expected)));
}

#[test]
fn a_server_has_a_key_or_none() {
    for (more, expected, file) in [
        ("", None, None),
        (", key = { env = \"GOOD\" }", Some("of-env"), None),
        (
            ", key = { file = \"key\" }",
            Some("of-file"),
            Some("DIR/key"),
        ),
        (
            ", key = { secret = \"key\" }",
            Some("of-vault"),
            Some("DIR/vault/key"),
        ),
    ] {
        let scene = scene(&server(more));
        let spec = scene.only("acme", "o.toml").unwrap();
        // Behind the walls the file is read again: it is among what may be read there.
        let read: Vec<_> = spec.read.iter().map(|path| scene.shown(path)).collect();
        let named = read.iter().find(|path| path.ends_with("/key"));
        assert_eq!(named.map(String::as_str), file, "{more}: {read:?}");
        assert!(!format!("{spec:?}").contains("of-"));
        let Some(EmbeddingsSpec::Url { url, model, key }) = spec.embeddings else {
            panic!("{more}: {:?}", spec.embeddings)
        };
        assert_eq!(url.as_str(), "https://a.example/v1/embeddings?v=1");
        assert_eq!(model, "small");
        let matches =
            |key: &str, found: &ravenry_base::secret::Secret| found.matches(key.as_bytes());
        match (expected, key) {
            (Some(expected), Some(key)) => assert!(matches(expected, &key), "{more}"),
            (expected, key) => assert_eq!((expected, key), (None, None), "{more}"),
        }
    }
}

/// Each mistake with its place, and what to write.
#[test]
fn what_makes_no_vectors_is_refused() {
    let said = |lines: &str| embeddings(lines).unwrap_err();
    assert_snapshot!(said("[knowledge]\nmodel = \"\"\nembedings = 1"), @r"
    error: `model` in [knowledge] is empty
      --> DIR/o.toml:2:9
    error: unknown key `embedings` in [knowledge]
      --> DIR/o.toml:3:1
    hint: did you mean `embeddings`?
    2 errors
    ");
    assert_snapshot!(said("[knowledge]\nmodel = \"a\"\nembeddings = { url = \"https://a\", model = \"m\" }"), @r"
    error: `model` and `embeddings` both stand in [knowledge]; one is enough
      --> DIR/o.toml:1:1
    ");
    assert_snapshot!(said("[knowledge]\nembeddings = \"https://a\""), @r"
    error: `knowledge.embeddings` must be a table, not text
      --> DIR/o.toml:2:15
    ");
    assert_snapshot!(said("[knowledge]\nembeddings = { url = \"https://a\" }"), @r#"
    error: `model` is missing in [knowledge.embeddings]
      --> DIR/o.toml:2:14
    hint: write { url = "https://api.openai.com/v1/embeddings", model = "text-embedding-3-small", key = { env = "OPENAI_API_KEY" } }
    "#);
    assert_snapshot!(said("[knowledge]\nembeddings = { model = \"m\", url = \"api.openai.com\" }"), @r#"
    error: `url` in [knowledge.embeddings] is not a URL that starts with `https://` or `http://`
      --> DIR/o.toml:2:36
    hint: write it in full, such as "https://api.openai.com/v1/embeddings"
    "#);
    assert_snapshot!(said("[knowledge]\nembeddings = { model = \"m\", url = \"https://me:planted@a\" }"), @r"
    error: `url` in [knowledge.embeddings] has a user or a password in it
      --> DIR/o.toml:2:36
    hint: take it out; a key is shown to the server as `key` says
    ");
    assert_snapshot!(said("[knowledge]\nembeddings = { model = \"m\", url = \"https://a#b\" }"), @r"
    error: `url` in [knowledge.embeddings] has a fragment
      --> DIR/o.toml:2:36
    hint: leave out what begins with `#`
    ");
    assert_snapshot!(said(&server(", key = \"planted\"")), @r#"
    error: the key of a server stands in the file, as `knowledge.embeddings.key`
      --> DIR/o.toml:2:85
    hint: write { env = "OPENAI_API_KEY" } or { file = "openai.key" }, and keep the key there
    "#);
    assert_snapshot!(said(&server(", key = { env = \"UNSET\" }")), @r"
    error: `key` in [knowledge.embeddings] cannot be read
      caused by: environment variable `UNSET` is not set
      --> DIR/o.toml:2:84
    hint: set it before the start: `export UNSET=…`
    ");
    assert_snapshot!(said(&server(", key = { env = \"BLANK\" }")), @r"
    error: `key` in [knowledge.embeddings] cannot be read
      caused by: environment variable `BLANK` has blanks or other characters that no key has
      --> DIR/o.toml:2:84
    hint: copy the key alone: ASCII without blanks or line breaks
    ");
    let long = format!(
        "[knowledge]\nembeddings = {{ url = \"https://a\", model = \"{}\" }}",
        "m".repeat(257)
    );
    assert_snapshot!(said(&long), @r"
    error: `model` in [knowledge.embeddings] has more than 256 bytes
      --> DIR/o.toml:2:44
    ");
}

/// Whatever is wrong, no part of a key or a URL is repeated.
#[test]
fn no_error_shows_a_key() {
    for lines in [
        server(", key = \"planted\""),
        server(", key = { planted = 1 }"),
        server(", key = { env = \"BLANK\" }"),
        server(", planted = 1"),
        "[knowledge]\nembeddings = { url = \"planted\", model = \"m\" }".to_owned(),
        "[knowledge]\nembeddings = { url = \"http://planted@a\", model = \"m\" }".to_owned(),
    ] {
        let said = embeddings(&lines).unwrap_err();
        assert!(!said.contains("plan"), "{lines}: {said}");
    }
}
