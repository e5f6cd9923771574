//! Files: uploaded in their place among the events, and read where the query names them.

use ravenry_desk::simulator::{Answer, Endpoint};
use serde_json::json;

use super::{KEY, ask, gateway, send};
use crate::harness::{self, FakePoe, Folder};

#[test]
fn a_file_stands_where_it_was_attached() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let events = ask(&server, "before\nattach a.txt 5\nafter\ninline b.txt 3").events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["text", "file", "text", "file", "text", "done"]);
    let uploads = poe.uploads();
    assert_eq!(uploads.len(), 2);
    assert_eq!(events[1].1["name"], "a.txt");
    assert_eq!(events[1].1["inline_ref"], json!(null));
    let label = events[3].1["inline_ref"].as_str().unwrap();
    assert!(
        label.len() == 8 && label.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{label}"
    );
    assert!(
        events[4].1["text"]
            .as_str()
            .unwrap()
            .contains(&format!("[{label}]"))
    );
}

#[test]
fn a_file_comes_by_its_address() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let events = ask(
        &server,
        "attach-url https://example.com/some/cat%20pic.png?x=1",
    )
    .events();
    assert_eq!(events[0].1["name"], "cat pic.png");
    let wrong = ask(&server, "try attach-url file:///etc/passwd");
    assert!(wrong.said().contains("could not do"), "{}", wrong.said());
    server.wait_text("is no `http` or `https` URL");
}

/// Whatever a name has in it, it is one name in one part.
#[test]
fn a_name_of_a_file_says_nothing_else() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let names = [
        "a\"b.txt",
        "a.txt\";name=\"file2",
        "a.txt\";filename=\"b.txt",
        "a\\b.txt",
        "a%0d%0aevil:1",
        "a;b=c",
        "\u{fc}\u{1f431}.txt",
    ];
    for name in names {
        let events = ask(&server, &format!("attach {name} 3")).events();
        assert_eq!(
            (events[0].0.as_str(), &events[0].1["name"]),
            ("file", &json!(name))
        );
    }
    let uploads = poe.uploads();
    assert_eq!(uploads.len(), names.len());
    for (upload, name) in uploads.iter().zip(names) {
        assert_eq!((upload.status, upload.bytes.len()), (200, 3), "{name}");
        // As browsers write it: what would end the name is escaped.
        let told = upload
            .name
            .replace("%22", "\"")
            .replace("\\\"", "\"")
            .replace("\\\\", "\\");
        assert_eq!(told, name);
    }
}

/// A line end in a name is refused, wherever the name comes from: it could begin a header or a line of a log.
#[test]
fn a_name_with_line_ends_is_no_name() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let names = ["a\\r\\nevil:1", "a\\nb.txt", "a\\rb.txt", "a.txt\\r\\n"];
    for name in names {
        let said = ask(&server, &format!("try attach {name} 3\nstill here")).said();
        assert!(said.ends_with("still here"), "{said}");
    }
    server.wait_times("without control characters", names.len());
    assert!(poe.uploads().is_empty());
    let url = "https://example.com/a%0d%0aevil:1";
    let events = ask(&server, &format!("attach-url {url}")).events();
    assert_eq!(events[0].1["name"], "downloaded_file");
}

#[test]
fn an_upload_is_tried_twice_and_no_more() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    poe.instead(Endpoint::Uploads, Answer::status(500));
    assert_eq!(ask(&server, "attach a.txt 5").events()[0].0, "file");
    poe.instead(Endpoint::Uploads, Answer::status(400));
    let events = ask(&server, "attach a.txt 5").events();
    assert_eq!(events[0].0, "error");
    server.wait_text("the upload was answered 400");
    assert!(!server.log().join("\n").contains(KEY));
}

#[test]
fn files_have_bounds() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "[bot.asker.limits]\nupload = \"1KiB\"\nuploads = 2\n");
    ask(&server, "attach a.txt 1025");
    server.wait_text("the file has 1025 bytes, and 1024 are the most");
    let events = ask(&server, "attach a 1\nattach b 1\nattach c 1").events();
    assert_eq!(events.iter().filter(|(name, _)| name == "file").count(), 2);
    server.wait_text("a reply has at most 2 files");
}

/// More than any other call may bring: a file of the size that the platform takes.
#[test]
fn a_large_file_arrives_whole() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(
        &poe,
        "[bot.asker.limits]\nmemory = \"160MiB\"\ncpu = \"30s\"\n",
    );
    assert_eq!(
        ask(&server, "attach big.bin 50000000").events()[0].0,
        "file"
    );
    assert_eq!(poe.uploads()[0].bytes.len(), 50_000_000);
    ask(&server, "attach big.bin 50000001");
    server.wait_text("the file has 50000001 bytes");
}

/// What the gateway holds for a bot counts as the bot's.
#[test]
fn a_file_needs_memory_of_its_bot() {
    let poe = FakePoe::start().unwrap();
    let limits = "[bot.asker.limits]\nmemory = \"32MiB\"\nlive_memory = \"32MiB\"\n";
    let server = gateway(&poe, limits);
    assert_eq!(
        ask(&server, "attach big.bin 20000000").events()[0].0,
        "error"
    );
    server.wait_text("no memory is left for");
    assert!(poe.uploads().is_empty());
    assert_eq!(ask(&server, "attach small.bin 1000").events()[0].0, "file");
}

/// Files that are begun are memory of the bot, however many, and are given back with the reply.
#[test]
fn files_that_are_never_attached_have_a_bound_together() {
    let manifest = "[bot.hoarder]\nsource = \"file-hoarder.wasm\"\n\
        [bot.hoarder.limits]\nlive_memory = \"160MiB\"\ncpu = \"20s\"\n";
    let server = Folder::with_manifest(manifest).up();
    let hoard = || server.ask("hoarder", "hi").said();
    let first = hoard();
    let pieces = first
        .strip_suffix(" MiB")
        .and_then(|text| text.rsplit(' ').next());
    let pieces: u32 = pieces.unwrap().parse().unwrap();
    assert!((60..160).contains(&pieces), "{first}");
    for _ in 0..3 {
        assert_eq!(hoard(), first, "what the reply before had is given back");
    }
}

#[test]
fn only_attachments_of_the_query_are_read() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let url = poe.attachment("a.txt", "x".repeat(1000)).unwrap();
    let attached = |lines: &str| {
        let mut query = harness::query(lines);
        query["query"][0]["attachments"] =
            json!([{"url": url, "content_type": "text/plain", "name": "a.txt"}]);
        send(&server, &query)
    };
    assert_eq!(
        attached(&format!("attachment {url} 1000")).said(),
        "1000 bytes"
    );
    attached(&format!("attachment {url} 999"));
    server.wait_text("the file has more than 999 bytes");
    assert_eq!(
        ask(&server, &format!("attachment {url} 1000")).events()[0].0,
        "error"
    );
    server.wait_text("is not that of an attachment of the query");
    let private = format!("http://{}/metrics", server.metrics_address);
    let mut query = harness::query(&format!("attachment {private} 1000"));
    query["query"][0]["attachments"] =
        json!([{"url": private, "content_type": "text/plain", "name": "a"}]);
    assert_eq!(send(&server, &query).events()[0].0, "error");
    server.wait_text("its address 127.0.0.1 is");
}
