//! The gateway with a bot that uses its store in a loop, and clients that ask for it over HTTP.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{Done, VALUE_BYTES, Work, contender, load};
use contender::Contender;

/// The path of the bot that uses the store, and of the one that does not.
const KEEPER: &str = "/keeper";
pub(crate) const OTHER: &str = "/other";

/// More operations each second than there can be.
const OPERATIONS: u32 = 1_000_000_000;

/// The two components.
pub(crate) struct Bots {
    pub(crate) keeper: PathBuf,
    pub(crate) other: PathBuf,
}

/// The gateway, with all its limits on but that of operations, with its state in a directory of its own in this one.
pub(crate) fn start(bots: &Bots, directory: &Path) -> Contender {
    let folder = tempfile::tempdir_in(directory).unwrap();
    let bot = |path: &str, component: &Path, more: &str| {
        let (name, source) = (path.trim_start_matches('/'), component.display());
        format!(
            "[bot.{name}]\nsource = \"{source}\"\npoe = {{ access_key = {{ env = \"BENCH_KEY\" }} }}\n{more}"
        )
    };
    let limits = format!("limits = {{ store_operations = {OPERATIONS} }}\n");
    let manifest = format!(
        "manifest_version = 1\n{}{}",
        bot(KEEPER, &bots.keeper, &limits),
        bot(OTHER, &bots.other, "")
    );
    let file = folder.path().join("ravenry.toml");
    std::fs::write(&file, manifest).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    command.arg("up").arg(&file).env("BENCH_KEY", load::KEY);
    command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "off"]);
    command.args(["--log", "error"]).args(contender::MANY);
    command.arg("--state-dir").arg(folder.path().join("state"));
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/compiled");
    command.arg("--cache-dir").arg(compiled);
    let contender = Contender::start("ravenry", OTHER, &mut command, Some(folder));
    contender.wait_ready();
    contender
}

/// Lets so many clients ask for so long, each for so many operations in one reply.
pub(crate) fn run(
    gateway: &mut Contender,
    work: Work,
    (clients, each): (usize, u64),
    time: Duration,
) -> Done {
    let used = gateway.cpu_seconds();
    let start = Instant::now();
    let address = gateway.address;
    let clients: Vec<_> = (0..clients)
        .map(|client| thread::spawn(move || work_as(address, work, (client, each), time)))
        .collect();
    let operations = clients.into_iter().map(|client| client.join().unwrap());
    let done = Done {
        operations: operations.sum(),
        seconds: start.elapsed().as_secs_f64(),
        cpu: gateway.cpu_seconds() - used,
    };
    gateway.assert_runs();
    done
}

/// One client; gives how many operations it was told of.
fn work_as(address: SocketAddr, work: Work, (client, each): (usize, u64), time: Duration) -> u64 {
    let key = format!("{}{client}", work.prefix());
    let step = match work {
        Work::Set => format!(r#"["set","bot","{key}",{VALUE_BYTES}]"#),
        Work::Add => format!(r#"["add","bot","{key}",1]"#),
        Work::Get => format!(r#"["get","bot","{key}"]"#),
    };
    let mut client = Client::connect(address, &format!(r#"[["times",{each},{step}]]"#));
    let start = Instant::now();
    let (mut operations, mut sum) = (0, None);
    while start.elapsed() < time {
        let said = client.ask();
        // It stops at the first that fails, and says so: where the last succeeded, so have all.
        let last = said.split(r#"{\"ok\":"#).nth(1);
        let last = last.unwrap_or_else(|| panic!("an operation failed: {said}"));
        operations += each;
        match work {
            Work::Set => assert!(last.starts_with(r#"\"set\""#), "{said}"),
            Work::Get => assert!(last.len() > VALUE_BYTES, "{said}"),
            Work::Add => {
                let end = last.find('}').unwrap();
                let now: u64 = last[..end].parse().unwrap();
                let expected = sum.map_or(now, |sum: u64| sum + each);
                assert_eq!(now, expected, "an increment is lost");
                sum = Some(now);
            }
        }
    }
    operations
}

/// Asks the bot with the store for steps, by so many clients, so often by each.
pub(crate) fn ask(gateway: &Contender, steps: &str, clients: usize, times: usize) {
    let address = gateway.address;
    let clients: Vec<_> = (0..clients)
        .map(|number| {
            let steps = steps.replace("KEY", &format!("k{number}"));
            thread::spawn(move || {
                let mut client = Client::connect(address, &steps);
                for _ in 0..times {
                    let said = client.ask();
                    assert!(!said.contains("error"), "{said}");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

/// A connection that asks the same again and again.
struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr, steps: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(load::SILENCE_MAX)).unwrap();
        Self {
            stream,
            // They stand in a text of JSON.
            request: load::request(KEEPER, &steps.replace('"', "\\\"")),
            answer: Vec::new(),
        }
    }

    /// The whole answer, as it came.
    fn ask(&mut self) -> String {
        self.stream.write_all(&self.request).unwrap();
        self.answer.clear();
        let mut piece = [0; 4096];
        while !is_whole(&self.answer) {
            let read = self.stream.read(&mut piece).unwrap();
            assert!(read > 0, "the server closed in the middle");
            self.answer.extend_from_slice(&piece[..read]);
        }
        let said = String::from_utf8_lossy(&self.answer).into_owned();
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        assert!(said.contains("event: done"), "not a whole reply: {said}");
        said
    }
}

/// It came in chunks, or with its length.
fn is_whole(answer: &[u8]) -> bool {
    if answer.ends_with(b"\r\n0\r\n\r\n") {
        return true;
    }
    let Ok(text) = std::str::from_utf8(answer) else {
        return false;
    };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split_once("content-length: ").and_then(|(_, rest)| {
        let end = rest.find("\r\n").unwrap_or(rest.len());
        rest[..end].parse::<usize>().ok()
    });
    length.is_some_and(|length| body.len() >= length)
}
