//! The proxies that an operator puts in front, with the files that he is given for them.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::{ECHO, dist};
use crate::bodies::long;
use crate::harness::{
    Answer, Connection, Folder, Server, is_installed_or_told, post, query, wait_until,
};

const MEBIBYTE: usize = 1024 * 1024;

/// Two tenants that only their hosts tell apart.
fn gateway() -> Server {
    Folder::empty()
        .manifest(
            "acme.toml",
            &format!("{ECHO}[bot.puppet]\nsource = \"puppet.wasm\"\n"),
        )
        .manifest("globex.toml", "[bot.puppet]\nsource = \"puppet.wasm\"\n")
        .file(
            "operator.toml",
            "[tenant.acme]\nhosts = [\"bots.acme.example\"]\nmanifests = [\"acme.toml\"]\n\
             [tenant.globex]\nhosts = [\"bots.globex.example\"]\nmanifests = [\"globex.toml\"]\n",
        )
        .serve()
}

/// A proxy before a gateway. Dropping it ends it.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _files: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// Puts something in the place of what stands there, which must be there.
#[track_caller]
fn put(text: &str, there: &str, instead: &str) -> String {
    assert!(text.contains(there), "no {there:?} in\n{text}");
    text.replace(there, instead)
}

impl Proxy {
    /// Waits until it listens.
    fn started(mut command: Command, address: SocketAddr, files: tempfile::TempDir) -> Self {
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        wait_until("the proxy listens", || TcpStream::connect(address).is_ok());
        Self {
            child,
            address,
            _files: files,
        }
    }

    /// nginx with its server as it stands there, TLS included; it listens without TLS besides.
    fn nginx(server: SocketAddr) -> Self {
        let files = tempfile::tempdir().unwrap();
        let path = |name: &str| files.path().join(name).display().to_string();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["bots.acme.example".to_owned()]).unwrap();
        std::fs::write(path("cert.pem"), cert.pem()).unwrap();
        std::fs::write(path("cert.key"), signing_key.serialize_pem()).unwrap();
        let (plain, tls) = (free(), free());
        let site = dist("nginx.conf");
        let site = put(
            &site,
            "listen 443 ssl;",
            &format!("listen {plain}; listen {tls} ssl;"),
        );
        let site = put(&site, "127.0.0.1:8080", &server.to_string());
        let site = put(&site, "/etc/ssl/bots.example.com.pem", &path("cert.pem"));
        let site = put(
            &site,
            "/etc/ssl/private/bots.example.com.key",
            &path("cert.key"),
        );
        std::fs::write(path("site.conf"), site).unwrap();
        let kept: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|what| format!("{what}_temp_path {};\n", path(what)))
            .collect();
        let around = format!(
            "daemon off;\nmaster_process off;\npid {};\nevents {{}}\nhttp {{\naccess_log off;\n{kept}include {};\n}}\n",
            path("nginx.pid"),
            path("site.conf"),
        );
        std::fs::write(path("nginx.conf"), around).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.args(["-e", "stderr", "-c", &path("nginx.conf")]);
        Self::started(nginx, plain, files)
    }

    /// Caddy without certificates, for all hosts.
    fn caddy(server: SocketAddr) -> Self {
        let files = tempfile::tempdir().unwrap();
        let address = free();
        let site = dist("Caddyfile");
        let site = put(
            &site,
            "bots.example.com {",
            &format!("http://:{} {{\nbind 127.0.0.1", address.port()),
        );
        let site = put(&site, "127.0.0.1:8080", &server.to_string());
        let file = files.path().join("Caddyfile");
        std::fs::write(&file, format!("{{\nadmin off\n}}\n{site}")).unwrap();
        let mut caddy = Command::new("caddy");
        caddy
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&file)
            .env("HOME", files.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stderr(Stdio::null());
        Self::started(caddy, address, files)
    }

    /// Asks a bot of the tenant with this host.
    fn send(&self, host: &str, bot: &str, body: &[u8]) -> Connection {
        let headers = [("content-type", "application/json")];
        let bytes = post(&format!("/{bot}"), &headers, body);
        let head = b"host: localhost";
        let at = bytes
            .windows(head.len())
            .position(|found| found == head)
            .unwrap();
        let host = format!("host: {host}");
        let request = [&bytes[..at], host.as_bytes(), &bytes[at + head.len()..]].concat();
        let mut connection = Connection::open(self.address);
        connection.send(request);
        connection
    }

    fn ask(&self, host: &str, bot: &str, body: &[u8]) -> Answer {
        self.send(host, bot, body).answer()
    }
}

/// What a proxy must not spoil.
fn passes_what_a_bot_needs(server: &Server, proxy: &Proxy) {
    // Hosts, which tell tenants apart.
    let hi = query("hi").to_string();
    let ask = |host: &str| proxy.ask(host, "echo", hi.as_bytes());
    assert_eq!(ask("bots.acme.example").said(), "hi");
    assert_eq!(ask("bots.globex.example").status, 404);

    // Events, each when it is said: the bot sleeps for longer than this test would wait.
    let script = query("before\nsleep 100000000").to_string();
    let connection = proxy.send("bots.acme.example", "puppet", script.as_bytes());
    let mut stream = connection.stream();
    assert_eq!(stream.next_event().unwrap().1["text"], "before");
    let running = |count| {
        let labels = [("tenant", "acme"), ("bot", "puppet")];
        server.wait_metric("ravenry_running_replies", &labels, count);
    };
    running(1.0);

    // A reader who leaves: nothing goes on for nobody.
    drop(stream);
    running(0.0);

    // Bodies as large as the gateway takes them.
    let body = long(12 * MEBIBYTE, "still here");
    let answer = proxy.ask("bots.acme.example", "echo", &body);
    assert_eq!(answer.said(), "still here");
}

#[test]
fn nginx_passes_what_a_bot_needs() {
    if is_installed_or_told("nginx", "nginx-light") {
        let server = gateway();
        passes_what_a_bot_needs(&server, &Proxy::nginx(server.address));
    }
}

#[test]
fn caddy_passes_what_a_bot_needs() {
    if is_installed_or_told("caddy", "caddy") {
        let server = gateway();
        passes_what_a_bot_needs(&server, &Proxy::caddy(server.address));
    }
}
