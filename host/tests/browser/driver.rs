//! A real browser: Chromium without a window, driven over `WebDriver`.
//!
//! The dozen requests that tests need are JSON over HTTP, which the client of this harness speaks. What
//! the browser refuses and what fails in the page is written down from the first moment on.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{Connection, HANG, Lines, packages::is_installed, waits::eventually};

/// What the page is watched with, before anything of it runs.
const WATCH: &str = "
    window.seen = { refused: [], failed: [], ran: [] };
    addEventListener('securitypolicyviolation', (event) =>
        seen.refused.push(`${event.effectiveDirective}: ${event.blockedURI}`));
    addEventListener('error', (event) => event.message && seen.failed.push(event.message));
    addEventListener('unhandledrejection', (event) => seen.failed.push(String(event.reason)));
    window.alert = (what) => seen.ran.push(`alert ${what}`);
    window.copied = null;
    if (navigator.clipboard) navigator.clipboard.writeText = async (text) => { window.copied = text; };
";

/// The key of an element in answers of `WebDriver` (W3C `WebDriver`, 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A page in a browser of its own. Dropping it ends the browser.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    profile: tempfile::TempDir,
}

/// A driver, and its port; nothing where it has ended at once.
fn started() -> Option<(Child, u16)> {
    let mut driver = driver()
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = Lines::collect(driver.stdout.take().unwrap());
    let port = said.wait(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        let _ = driver.kill();
        let _ = driver.wait();
    }
    Some((driver, port?))
}

impl Browser {
    /// Opens this URL.
    pub fn open(url: &str) -> Self {
        Self::sized(url, 1400, 900)
    }

    /// The same in a window of this size.
    pub fn sized(url: &str, width: u32, height: u32) -> Self {
        // It takes a port for IPv4 and wants the same for IPv6, which another may have by then.
        let started = (0..5).find_map(|_| started());
        let (driver, port) = started.expect("chromedriver says its port");
        let mut browser = Self {
            driver,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            session: String::new(),
            profile: tempfile::tempdir().unwrap(),
        };
        let profile = format!("--user-data-dir={}", browser.profile.path().display());
        let size = format!("--window-size={width},{height}");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &size,
            &profile,
        ];
        // What the threads of the browser do, for whoever asks for it.
        let traced = json!({
            "enableNetwork": false, "enablePage": false, "traceCategories": "toplevel,blink.user_timing",
        });
        let options = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments, "perfLoggingPrefs": traced},
            "goog:loggingPrefs": {"performance": "ALL"},
        }}});
        let session = browser.send("POST", "/session", &options);
        session["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        let watch = json!({
            "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": WATCH},
        });
        browser.devtools(&watch);
        browser.go(url);
        browser
    }

    /// Opens another URL.
    pub fn go(&self, url: &str) {
        self.ask("url", &json!({"url": url}));
    }

    /// What a script gives: the body of a function, of which `arguments` are these.
    pub fn script(&self, script: &str, arguments: &[Value]) -> Value {
        self.ask(
            "execute/sync",
            &json!({"script": script, "args": arguments}),
        )
    }

    /// Waits until an expression is something; each look is a request of its own.
    #[track_caller]
    pub fn wait(&self, expression: &str) -> Value {
        let page = || self.script("return document.body.innerText", &[]);
        eventually(
            || format!("{expression} in\n{}", page()),
            || {
                let found = self.script(&format!("return {expression}"), &[]);
                (!matches!(found, Value::Null | Value::Bool(false))).then_some(found)
            },
        )
    }

    /// Waits until the text of the element that a selector finds last has this in it.
    #[track_caller]
    pub fn wait_text(&self, selector: &str, text: &str) {
        self.wait(&format!(
            "[...document.querySelectorAll({})].at(-1)?.innerText.includes({})",
            json!(selector),
            json!(text)
        ));
    }

    /// The text of the element that a selector finds last.
    pub fn text(&self, selector: &str) -> String {
        let last = "return [...document.querySelectorAll(arguments[0])].at(-1)?.innerText ?? ''";
        self.script(last, &[json!(selector)])
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Clicks where a person would.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.ask(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into an element; `\u{e007}` is Enter, `\u{e00c}` Escape, `\u{e008}` Shift.
    pub fn keys(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.ask(&format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Types wherever the focus is.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.ask("actions", &json!({"actions": [keyboard]}));
    }

    /// Says something to the bot that is chosen, once it may be said.
    pub fn say(&self, text: &str) {
        self.wait("!document.getElementById('send').hidden");
        self.keys("#text", text);
        self.press(ENTER);
    }

    /// Chooses a bot, and waits until one can speak to it.
    pub fn choose(&self, bot: &str) {
        self.script("location.hash = arguments[0]", &[json!(bot)]);
        let ready = format!(
            "document.querySelector('.intro-card h2')?.textContent === {} && \
             document.getElementById('bot-name').textContent === {0}",
            json!(bot)
        );
        self.wait(&ready);
    }

    /// Asks the browser itself, over its `DevTools` protocol.
    pub fn devtools(&self, command: &Value) {
        self.ask("goog/cdp/execute", command);
    }

    /// What the page's thread computed at a stretch between its marks `begin` and `end`, in milliseconds
    /// of its own: what other processes take meanwhile does not count.
    pub fn stretches(&self) -> Vec<f64> {
        let mut events = Vec::new();
        let told = |name: &'static str| move |event: &&Value| event["name"] == name;
        let hang = Instant::now() + HANG;
        // The browser hands over what it has traced by and by.
        while !events.iter().any(|event| told("end")(&event)) {
            assert!(Instant::now() < hang, "the marks are not in the trace");
            let log = self.ask("se/log", &json!({"type": "performance"}));
            events.extend(log.as_array().unwrap().iter().filter_map(|line| {
                let line: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
                (line["message"]["method"] == "Tracing.dataCollected")
                    .then(|| line["message"]["params"].clone())
            }));
        }
        let mark = |name| events.iter().find(told(name)).unwrap();
        let (begin, end) = (mark("begin"), mark("end"));
        let time = |event: &Value| event["ts"].as_f64().unwrap();
        let ours = |event: &&Value| {
            event["pid"] == begin["pid"]
                && event["tid"] == begin["tid"]
                && event["name"] == "ThreadControllerImpl::RunTask"
                && (time(begin)..=time(end)).contains(&time(event))
        };
        let computed = |event: &Value| Some(event["tdur"].as_f64()? / 1000.0);
        events.iter().filter(ours).filter_map(computed).collect()
    }

    /// Nothing has gone wrong: no script of a stranger, nothing that the browser refused, no error.
    #[track_caller]
    pub fn is_well(&self) {
        let seen = self.script("return seen", &[]);
        assert_eq!(seen, json!({"refused": [], "failed": [], "ran": []}));
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.ask("element", &wanted);
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn ask(&self, what: &str, body: &Value) -> Value {
        self.send("POST", &format!("/session/{}/{what}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let answer = Connection::open(self.address).send(request).answer();
        let told = answer.json()["value"].take();
        assert_eq!(answer.status, 200, "{path} {body}: {told:#}");
        told
    }
}

/// The key that sends.
pub const ENTER: &str = "\u{e007}";

/// The key that stops.
pub const ESCAPE: &str = "\u{e00c}";

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends the browser, and then itself.
        if let Ok(mut stream) = std::net::TcpStream::connect(self.address) {
            use std::io::{Read as _, Write as _};
            let shutdown = "GET /shutdown HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(shutdown.as_bytes());
            let _ = stream.read_to_string(&mut String::new());
        }
        let hang = Instant::now() + HANG;
        while matches!(self.driver.try_wait(), Ok(None)) && Instant::now() < hang {
            thread::park_timeout(Duration::from_millis(20));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The program that drives the browser.
fn driver() -> Command {
    assert!(
        is_installed("chromedriver", &["chromium", "chromium-driver"]),
        "the tests of the page need Chromium: apt-get install -y chromium chromium-driver"
    );
    Command::new("chromedriver")
}
