//! Who may use the page: its own origin, under its own name, with its token.

use serde_json::json;

use crate::driver::Browser;
use crate::harness::{Answer, Connection, FakePoe, Script};

fn get(poe: &FakePoe, path: &str, headers: &[&str]) -> Answer {
    request(poe, "GET", path, headers, "")
}

fn request(poe: &FakePoe, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let url = poe.url();
    let address = url.trim_start_matches("http://");
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n",
        body.len()
    );
    if !headers.iter().any(|header| header.starts_with("host:")) {
        head.push_str(&format!("host: {address}\r\n"));
    }
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    let mut connection = Connection::open(address.parse().unwrap());
    connection.send(format!("{head}\r\n{body}")).answer()
}

/// The token, as a script of another origin would have to read it.
fn token(page: &Answer) -> String {
    let (_, rest) = page.text().split_once("name=\"token\" content=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[test]
fn strangers_are_refused() {
    let poe = FakePoe::start().unwrap();
    poe.bot("cat", Script::text("meow"));
    // Whoever fetches it for a bot, as an attachment, asks for no HTML.
    assert_eq!(token(&get(&poe, "/", &["accept: */*"])), "");
    let page = get(&poe, "/", &["accept: text/html,*/*"]);
    assert_eq!(page.status, 200);
    let token = format!("x-page-token: {}", token(&page));
    let own = format!("origin: {}", poe.url());
    let port = poe.url().rsplit_once(':').unwrap().1.to_owned();
    let localhost = format!("host: localhost:{port}");
    let rebound = format!("host: evil.example:{port}");
    let other_port = "host: 127.0.0.1:1";
    let foreign = "origin: https://evil.example";
    for (path, headers, status) in [
        ("/", vec![], 200),
        ("/", vec![&*localhost], 200),
        ("/", vec![&*rebound], 403),
        ("/", vec![other_port], 403),
        ("/", vec![foreign], 403),
        ("/", vec!["origin: null"], 403),
        ("/page/main.js", vec![&*rebound], 403),
        ("/page/nothing.js", vec![], 404),
        ("/page/api/bots", vec![], 403),
        ("/page/api/bots", vec!["x-page-token: guess"], 403),
        ("/page/api/bots", vec![&*token], 200),
        ("/page/api/bots", vec![&*token, &*own], 200),
        ("/page/api/bots", vec![&*token, foreign], 403),
        ("/page/api/bots", vec![&*token, &*rebound], 403),
    ] {
        assert_eq!(
            get(&poe, path, &headers).status,
            status,
            "{path} {headers:?}"
        );
    }
    let open = json!({"bot": "cat"}).to_string();
    let kind = "content-type: application/json";
    let sent = |headers: &[&str]| request(&poe, "POST", "/page/api/open", headers, &open).status;
    assert_eq!(sent(&[kind]), 403);
    assert_eq!(sent(&[kind, &token, foreign]), 403);
    assert_eq!(sent(&[kind, &token, &own]), 200);
}

/// The browser is told to run nothing but our scripts, and to keep others out.
#[test]
fn the_browser_is_bound() {
    let poe = FakePoe::start().unwrap();
    for path in ["/", "/page/main.js", "/page/api/bots"] {
        let answer = get(&poe, path, &[]);
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(part), "{path} {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert!(!get(&poe, "/", &[]).text().contains("onclick"));
}

/// A page that a bot has put up as a file, opened as a page, is no page of ours.
#[test]
fn files_of_strangers_are_no_pages_of_ours() {
    let poe = FakePoe::start().unwrap();
    let page = "<script>document.title = 'taken'</script>hello";
    let url = poe.attachment("evil.html", page).unwrap();
    let browser = Browser::open(&url);
    browser.wait_text("body", "hello");
    assert_eq!(browser.script("return document.title", &[]), "");
    let origin = browser.script("return self.origin", &[]);
    assert_eq!(origin, "null");
}
