//! Files of this machine whose names have line ends in them: each is one name, and nothing that is said of it has a
//! second line made of it.

use serde_json::json;

use crate::harness::{Folder, Server, component, query};

/// A name, and where a stranger's line would begin.
const ODD: &str = "odd\r\nERROR name";

fn odd(extension: &str) -> String {
    format!("{ODD}.{extension}")
}

#[track_caller]
fn is_one_name(said: &str) {
    assert!(said.contains("odd"), "it is named: {said}");
    assert!(!said.contains('\r'), "{said:?}");
    let second = said
        .lines()
        .find(|line| line.trim_start().starts_with("ERROR name"));
    assert_eq!(second, None, "{said:?}");
}

/// Of an author: manifests, components, directories. Those that are right are served.
#[test]
fn files_of_an_author_have_one_name() {
    let manifest = odd("toml");
    let wrong = || Folder::empty().file(&manifest, "manifest_version = 1\nsauce = 1\n");
    is_one_name(&wrong().refused(&["up", &manifest]));
    is_one_name(&wrong().refused(&["up", "./odd\r\nERROR name"]));
    let source = "manifest_version = 1\n[bot.echo]\nsource = \"./odd\\r\\nERROR name.wasm\"\n";
    is_one_name(
        &Folder::empty()
            .file(&manifest, source)
            .refused(&["up", &manifest]),
    );
    let inspected = Folder::empty().file(&odd("wasm"), component("echo"));
    let inspected = inspected.output(&["inspect", &odd("wasm")]);
    is_one_name(&String::from_utf8([inspected.stdout, inspected.stderr].concat()).unwrap());

    let folder = Folder::empty().manifest(&manifest, "[bot.echo]\nsource = \"echo.wasm\"\n");
    let server = Server::spawn(folder, &["up", &manifest]);
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    let path = |name: &str| server.folder.path().join(name);
    std::fs::write(path("unfinished"), "sauce = 1").unwrap();
    std::fs::rename(path("unfinished"), path(&manifest)).unwrap();
    server.wait_text("What ran before goes on");
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    is_one_name(&server.log().join("\n"));
}

/// A directory of bots: one whose name cannot be a bot's is told of.
#[test]
fn a_directory_of_bots_has_one_name() {
    let server = Folder::empty()
        .file("echo.wasm", component("echo"))
        .file(&odd("wasm"), component("echo"))
        .up_all();
    server.wait_text("odd");
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    is_one_name(&server.log().join("\n"));
}

/// Of a person who talks: attached from a terminal, or by the platform.
#[test]
fn attached_files_have_one_name() {
    let server = Server::with_bots(&["echo"]);
    let mut with_file = query("hi");
    with_file["query"][0]["attachments"] = json!([
        { "url": "http://127.0.0.1:1/a", "content_type": "text/plain\r\nx: y", "name": odd("txt") }
    ]);
    assert_eq!(server.send("echo", &with_file, &[]).said(), "hi");
    let url = format!("http://{}/echo", server.address);
    let folder = Folder::empty().file(&odd("txt"), "in it");
    let said = folder.output(&["chat", &url, "hi", "--attach", &odd("txt")]);
    let (out, err) = (
        String::from_utf8(said.stdout).unwrap(),
        String::from_utf8(said.stderr).unwrap(),
    );
    assert!(said.status.success() && out.contains("hi"), "{out} {err}");
    assert!(
        !out.contains("ERROR name") && !err.contains('\r'),
        "{out} {err}"
    );
    let missing = Folder::empty().output(&["chat", &url, "hi", "--attach", &odd("txt")]);
    assert!(!missing.status.success());
    is_one_name(&String::from_utf8(missing.stderr).unwrap());
}
