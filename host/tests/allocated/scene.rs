//! A gateway in this very process, with a client that allocates next to nothing.

use std::{
    future::pending,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use ravenry_config::{self as config, World};
use ravenry_gateway::{
    bots::{deployment::Deployment, mount},
    server::{self, Directories, Listeners, Options, Ready, Shutdown},
};
use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

use super::counting;

/// Nothing that works takes this long.
pub const HANG: Duration = Duration::from_secs(90);

/// Bytes by which what is alive may change while nothing happens: a look at the clock, a scrape.
const STILL_BYTES: i64 = 16 * 1024;

/// How long nothing must have happened.
const STILL: Duration = Duration::from_millis(150);

/// Memory of guests that have ended, with their requests, as the log says; in bytes.
static PEAKS: Mutex<Vec<i64>> = Mutex::new(Vec::new());

/// Reads one number of one kind of record.
struct Peaks;

impl<S: Subscriber> Layer<S> for Peaks {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Visitor;
        impl tracing::field::Visit for Visitor {
            fn record_u64(&mut self, field: &Field, value: u64) {
                if field.name() == "peak_memory" {
                    PEAKS.lock().unwrap().push(i64::try_from(value).unwrap());
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
        }
        if event.metadata().target() == "query" {
            event.record(&mut Visitor);
        }
    }
}

/// Waits for what is told by looking again and again.
pub fn until(what: &str, is: impl Fn() -> bool) {
    let hang = Instant::now() + HANG;
    while !is() {
        assert!(Instant::now() < hang, "never: {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until nothing is allocated or freed any more, and says what is alive then.
pub fn still() -> i64 {
    still_for(STILL)
}

/// The same, where what is waited for may have longer pauses than others.
pub fn still_for(quiet: Duration) -> i64 {
    let hang = Instant::now() + HANG;
    let (mut since, mut at) = (Instant::now(), counting::live());
    while since.elapsed() < quiet {
        assert!(Instant::now() < hang, "it never rests");
        thread::park_timeout(Duration::from_millis(2));
        let live = counting::live();
        if (live - at).abs() > STILL_BYTES {
            (since, at) = (Instant::now(), live);
        }
    }
    at
}

/// Where compiled code is, for all tests.
fn cache_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// Has the program compile what is not compiled yet: that is work for processes, and this one knows no verbs.
fn compile(folder: &Path) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args([
            "up",
            "ravenry.toml",
            "--no-watch",
            "--listen",
            "127.0.0.1:0",
        ])
        .args(["--metrics-listen", "off", "--page", "off"])
        .arg("--state-dir")
        .arg(folder.join("state"))
        .arg("--cache-dir")
        .arg(cache_dir())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(program.stdout.take().unwrap());
    let mut lines = stdout.lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let (_, rest) = line.split_once("http://")?;
        rest.split(['/', ' ']).next()?.parse().ok()
    });
    let address: SocketAddr = address.expect("it serves");
    until("everything is compiled", || {
        let mut connection = TcpStream::connect(address).unwrap();
        connection
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer);
        answer.starts_with("HTTP/1.1 200")
    });
    program.kill().unwrap();
    program.wait().unwrap();
}

/// The gateway. It ends with the process.
pub struct Scene {
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// Serves these bots: names in the manifest, and their components.
    pub fn serve(manifest: &str, components: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ravenry.toml");
        std::fs::write(&path, format!("manifest_version = 1\n{manifest}")).unwrap();
        for (name, bytes) in components {
            std::fs::write(folder.path().join(format!("{name}.wasm")), bytes).unwrap();
        }
        compile(folder.path());

        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Peaks))
            .unwrap();
        let world = World {
            variable: &|_| None,
            unfit: &mount::unfit,
            stand_in: None,
        };
        let spec = config::load_path(&path, &[], world).unwrap();
        let options = Options {
            directories: Directories {
                state: folder.path().join("state"),
                cache: cache_dir(),
            },
            at_desk: false,
            shows_store: false,
            drain: Duration::ZERO,
            progress: Arc::new(|_| {}),
            recorder: None,
            news: Arc::new(|_| {}),
        };
        let listeners = Listeners::bind("127.0.0.1:0", None, false).unwrap();
        let never = Shutdown {
            politely: pending(),
            at_once: pending(),
        };
        let (tell, told) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            let ready = move |ready: &Ready, books: &Arc<Deployment>| {
                counting::keep_books(books);
                tell.send(ready.url()).unwrap();
            };
            let served = runtime.block_on(server::run(listeners, never, spec, options, ready));
            panic!("it does not serve: {served:?}");
        });
        let url = told.recv_timeout(HANG).expect("it serves");
        Self {
            address: url.trim_start_matches("http://").parse().unwrap(),
            _folder: folder,
        }
    }

    /// A connection on which this was sent.
    pub fn send(&self, request: &[u8]) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.set_read_timeout(Some(HANG)).unwrap();
        connection.write_all(request).unwrap();
        connection
    }

    /// Sends a request, and reads the answer to its end.
    pub fn ask(&self, request: &[u8]) {
        let mut connection = self.send(request);
        let mut piece = [0; 16 * 1024];
        while connection.read(&mut piece).unwrap_or(0) > 0 {}
    }
}

/// Waits until so many guests have ended, and says what memory they had. They are forgotten.
pub fn peaks(guests: usize) -> Vec<i64> {
    until("its end is in the log", || {
        PEAKS.lock().unwrap().len() >= guests
    });
    std::mem::take(&mut *PEAKS.lock().unwrap())
}

/// The bytes of a request with this body, after which the connection closes.
pub fn request(bot: &str, body: &str) -> Vec<u8> {
    let bytes = body.len();
    format!(
        "POST /{bot} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {bytes}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A query with these messages of a person.
pub fn query(messages: &[&str]) -> String {
    let message = |text: &&str| {
        format!(r#"{{"role":"user","content":"{text}","content_type":"text/markdown"}}"#)
    };
    let messages: Vec<String> = messages.iter().map(message).collect();
    format!(
        r#"{{"version":"1.2","type":"query","query":[{}],"user_id":"u","conversation_id":"c","message_id":"m","bot_query_id":"b"}}"#,
        messages.join(",")
    )
}
