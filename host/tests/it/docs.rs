//! The documents as their readers use them: links lead somewhere, commands can be typed as they stand there, and
//! files can be copied from there.

mod commands;
mod named_files;

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::harness::Folder;

/// The documents, as paths below the checkout; of a directory, all its pages.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "guest-sdk/README.md",
    "host/README.md",
    "host/RULES.md",
    "host/docs",
    "plugins/README.md",
];

/// A document, and what is in it.
#[derive(Default)]
struct Page {
    path: PathBuf,
    links: Vec<String>,
    /// What stands behind `#` in a link to one of its headings.
    anchors: Vec<String>,
    /// Language and text.
    blocks: Vec<(String, String)>,
    /// Code within a line.
    code: Vec<String>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let mut page = Self {
            path,
            ..Self::default()
        };
        let mut heading: Option<String> = None;
        let mut block: Option<(String, String)> = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let text = heading.take().unwrap();
                    page.anchors.push(anchor(&text, &page.anchors));
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    block = Some((language.into_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Text(text) | Event::Code(text) if heading.is_some() => {
                    heading.as_mut().unwrap().push_str(&text);
                }
                Event::Text(text) => {
                    if let Some((_, code)) = &mut block {
                        code.push_str(&text);
                    }
                }
                Event::Code(code) => page.code.push(code.into_string()),
                _ => {}
            }
        }
        page
    }

    fn name(&self) -> String {
        let below = self.path.strip_prefix(checkout()).unwrap();
        below.to_str().unwrap().to_owned()
    }

    /// Files that are shown as a whole: the first line of such a block is a comment with the file's name.
    fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let toml = self.blocks.iter().filter(|(kind, _)| kind == "toml");
        toml.filter_map(|(_, text)| {
            let comment = text.lines().next()?.strip_prefix("# ")?;
            let name = comment.split([' ', ',']).next()?;
            has_extension(Path::new(name), "toml").then_some((name, text.as_str()))
        })
    }
}

/// The anchor that GitHub gives a heading, after those before it on the page.
fn anchor(heading: &str, before: &[String]) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let plain: String = heading.to_lowercase().chars().filter(kept).collect();
    let plain = plain.replace(' ', "-");
    let mut numbered = (1_u32..).map(|number| format!("{plain}-{number}"));
    if before.contains(&plain) {
        numbered.find(|name| !before.contains(name)).unwrap()
    } else {
        plain
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|kind| kind == extension)
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All documents that are there.
fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    for document in DOCUMENTS.iter().map(|path| checkout().join(path)) {
        if document.is_dir() {
            let entries = fs::read_dir(document).unwrap();
            let inside = entries.map(|entry| entry.unwrap().path());
            paths.extend(inside.filter(|path| has_extension(path, "md")));
        } else if document.is_file() {
            paths.push(document);
        }
    }
    let samples = fs::read_dir(checkout().join("plugins")).unwrap();
    let samples = samples.map(|entry| entry.unwrap().path().join("README.md"));
    paths.extend(samples.filter(|path| path.is_file()));
    paths.sort();
    assert!(paths.len() > 30, "the documents were not found");
    paths.into_iter().map(Page::read).collect()
}

#[track_caller]
fn hold(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[test]
fn anchors_are_those_of_github() {
    let before = ["a-page".to_owned(), "a-page-1".to_owned()];
    assert_eq!(anchor("Is it a correct bot?", &[]), "is-it-a-correct-bot");
    assert_eq!(
        anchor("`ravenry up`, and_so on!", &[]),
        "ravenry-up-and_so-on"
    );
    assert_eq!(anchor("A page", &before), "a-page-2");
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let mut broken = Vec::new();
    for page in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.path.clone()
            } else {
                page.path.parent().unwrap().join(file)
            };
            let Ok(target) = target.canonicalize() else {
                broken.push(format!("{}: {link}: there is no such file", page.name()));
                continue;
            };
            if !anchor.is_empty() && !Page::read(target).anchors.iter().any(|a| a == anchor) {
                broken.push(format!("{}: {link}: there is no such heading", page.name()));
            }
        }
    }
    hold("A link leads to a file, and to a heading of it.", &broken);
}

/// A component that is a bot as far as can be told without compiling it.
fn component() -> Vec<u8> {
    let export = r#"(export "ravenry:bot/handler@0.1.0" (instance $empty))"#;
    wat::parse_str(format!("(component (instance $empty) {export})")).unwrap()
}

fn with_component(folder: Folder, path: &Path) -> Folder {
    folder.file(path.to_str().unwrap(), component())
}

/// Adds a manifest with one bot.
fn with_bot(folder: Folder, manifest: &Path) -> Folder {
    let text = "manifest_version = 1\n[bot.cat]\nsource = \"cat.wasm\"\n";
    let folder = folder.file(manifest.to_str().unwrap(), text);
    with_component(folder, &manifest.with_file_name("cat.wasm"))
}

/// A directory with a file of the documents, and the manifests, components and crates that it names.
fn laid_out(name: &str, text: &str) -> Folder {
    let mut folder = Folder::empty().file(name, text);
    for quoted in text.split('"').skip(1).step_by(2) {
        let path = Path::new(name).with_file_name(quoted);
        if quoted.ends_with("ravenry.toml") {
            folder = with_bot(folder, &path);
        } else if has_extension(&path, "wasm") {
            folder = with_component(folder, &path);
        } else if checkout().join(quoted).join("Cargo.toml").is_file() {
            folder = folder.file(path.join("Cargo.toml").to_str().unwrap(), "");
        }
    }
    folder
}

/// What the program says of a file of the documents, where something is wrong with it. What a bot of the played
/// platform says is in no such file: only `simulate` reads it, and that goes on.
fn complaint(name: &str, text: &str) -> Option<String> {
    let folder = laid_out(name, text);
    let (output, fine) = if name.ends_with("operator.toml") {
        let check = folder.output(&["serve", "--config", name, "--check"]);
        let fine = check.status.success();
        (check, fine)
    } else if name.ends_with("ravenry.toml") {
        // It is read first; then there is nothing to do, for want of a conversation.
        let replay = folder.output(&["test", name]);
        let said = String::from_utf8_lossy(&replay.stderr);
        let fine = said.contains("no conversations for the bots of");
        (replay, fine)
    } else if let Some((home, _)) = name.split_once("/tests/") {
        // It is read first; then compiling shows that the component is no bot after all.
        let folder = with_bot(folder, &Path::new(home).join("ravenry.toml"));
        let replay = folder.output(&["test", name, "--cache-dir", "compiled"]);
        let fine = replay.status.code() == Some(1);
        (replay, fine)
    } else {
        return None;
    };
    (!fine).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn files_can_be_copied() {
    let pages = pages();
    let files = pages
        .iter()
        .flat_map(|page| page.files().map(move |file| (page.name(), file)));
    let mut broken = Vec::new();
    let mut read = 0;
    for (page, (name, text)) in files {
        read += 1;
        if let Some(complaint) = complaint(name, text) {
            broken.push(format!("{page}: {name}\n{complaint}"));
        }
    }
    assert!(read >= 4, "the files were not found");
    hold("A file that a document shows as a whole is right.", &broken);
}

/// The program lists the keys that it knows where it finds one that it does not.
#[test]
fn every_key_of_a_server_is_shown() {
    let told = complaint("operator.toml", "[server]\nno_such_key = 1\n").unwrap();
    let (_, known) = told.split_once("known here: ").unwrap();
    let known: Vec<&str> = known.lines().next().unwrap().split('`').collect();
    assert!(known.len() > 10, "{told}");
    let page = fs::read_to_string(checkout().join("host/docs/operating.md")).unwrap();
    for key in known.into_iter().skip(1).step_by(2) {
        assert!(
            page.contains(&format!("\n{key} = ")),
            "`{key}` is not shown"
        );
    }
}

#[test]
fn a_wrong_file_is_told() {
    let bot = "manifest_version = 1\n[bot.cat]\n";
    for (name, text, wrong) in [
        ("operator.toml", "[server]\nlisten_on = \"\"\n", "listen_on"),
        ("ravenry.toml", &format!("{bot}rout = \"/cat\"\n"), "rout"),
        (
            "cat/tests/hello.toml",
            "[[turn]]\nsays = \"hello\"\n",
            "says",
        ),
    ] {
        let told = complaint(name, text).unwrap();
        assert!(told.contains(&format!("`{wrong}`")), "{name}: {told}");
    }
}
