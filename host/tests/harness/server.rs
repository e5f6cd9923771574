//! The program under test: its files, its process, its log, its metrics.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::lines::Lines;
use super::{Answer, Connection, Stream, component, post, query};

/// The files that a gateway is started with, and its environment.
pub struct Folder {
    dir: tempfile::TempDir,
    environment: Vec<(String, String)>,
    flags: Vec<String>,
    cache_dir: PathBuf,
    state_dir: PathBuf,
    directories_of_files: bool,
    log_unread: bool,
    first: String,
    listen: [SocketAddr; 2],
}

impl Folder {
    /// With one manifest, `ravenry.toml`.
    pub fn with_manifest(manifest: &str) -> Self {
        Self::empty().manifest("ravenry.toml", manifest)
    }

    /// With these guests, each under its own name and without further settings.
    pub fn with_bots(names: &[&str]) -> Self {
        let bot = |name: &&str| format!("[bot.{name}]\nsource = \"{name}.wasm\"\n");
        Self::with_manifest(&names.iter().map(bot).collect::<String>())
    }

    /// Without anything.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            state_dir: dir.path().join("state"),
            dir,
            environment: Vec::new(),
            flags: Vec::new(),
            cache_dir: Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
            directories_of_files: false,
            log_unread: false,
            first: String::new(),
            listen: [SocketAddr::from(([127, 0, 0, 1], 0)); 2],
        }
    }

    /// Adds a manifest, and every component of ours that it names as `"NAME.wasm"`. The line with
    /// the version of the manifest is added.
    pub fn manifest(self, name: &str, text: &str) -> Self {
        let folder = self.file(name, format!("manifest_version = 1\n{text}"));
        let sources = text
            .split('"')
            .filter_map(|word| word.strip_suffix(".wasm"));
        for source in sources {
            let file = folder.dir.path().join(format!("{source}.wasm"));
            if !file.exists() {
                std::fs::write(file, component(source)).unwrap();
            }
        }
        folder
    }

    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Keeps compiled code there. Otherwise all tests share what any of them has compiled.
    pub fn cache_dir(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.cache_dir);
        self
    }

    /// Keeps what must survive there. Otherwise it goes with the files.
    pub fn state_dir(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.state_dir);
        self
    }

    /// Keeps both where the operator's file says.
    pub fn directories_of_files(mut self) -> Self {
        self.directories_of_files = true;
        self
    }

    /// Nobody reads its standard error, until [`Server::read_log`] is called.
    pub fn unread_log(mut self) -> Self {
        self.log_unread = true;
        self
    }

    /// A line of shell that is run in the process before it becomes the gateway.
    pub fn first(mut self, line: &str) -> Self {
        self.first = format!("{line}; ");
        self
    }

    /// Where another one is, or was.
    pub fn in_place_of(mut self, server: &Server) -> Self {
        self.listen = [server.address, server.metrics_address];
        self
    }

    /// `ravenry up ravenry.toml`, until it serves.
    pub fn up(self) -> Server {
        Server::spawn(self, &["up", "ravenry.toml"])
    }

    /// `ravenry up .`, until it serves.
    pub fn up_all(self) -> Server {
        Server::spawn(self, &["up", "."])
    }

    /// Where the files are.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// `ravenry serve --config operator.toml`, until it serves.
    pub fn serve(self) -> Server {
        Server::spawn(self, &["serve", "--config", "operator.toml"])
    }

    /// What another verb does, which takes none of the flags for serving.
    pub fn output(self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_ravenry"))
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// A verb with the flags for serving.
    pub fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let start = format!("{}exec \"$0\" \"$@\"", self.first);
        command.args(["-c", &start, env!("CARGO_BIN_EXE_ravenry")]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RAVENRY_") {
                command.env_remove(name);
            }
        }
        command
            .args(verb)
            .args(["--listen", &self.listen[0].to_string()])
            .args(["--metrics-listen", &self.listen[1].to_string()])
            .args(&self.flags)
            // `up` has a page besides; where a test says nothing, it is out of the way.
            .env("RAVENRY_PAGE", "off")
            .envs(self.environment.iter().cloned())
            .current_dir(self.dir.path());
        if !self.directories_of_files {
            command.arg("--state-dir").arg(&self.state_dir);
            command.arg("--cache-dir").arg(&self.cache_dir);
        }
        command
    }
}

/// A gateway that serves. Dropping it kills it.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub metrics_address: SocketAddr,
    output: Lines,
    log: Lines,
    unread: Option<ChildStderr>,
    pub folder: Folder,
}

impl Server {
    /// A gateway with these bots; the line with the version of the manifest is added.
    pub fn start(manifest: &str) -> Self {
        Folder::with_manifest(manifest).up()
    }

    /// A gateway with these guests, each under its own name and without further settings.
    pub fn with_bots(names: &[&str]) -> Self {
        Folder::with_bots(names).up()
    }

    pub fn spawn(folder: Folder, verb: &[&str]) -> Self {
        let mut command = folder.command(verb);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Lines::collect(child.stdout.take().unwrap());
        let mut server = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            metrics_address: SocketAddr::from(([127, 0, 0, 1], 0)),
            output,
            log: Lines::default(),
            unread: child.stderr.take(),
            child,
            folder,
        };
        if !server.folder.log_unread {
            server.read_log();
        }
        server.metrics_address = server.announced(|line| line.starts_with("Metrics: "));
        server.address = server.announced(|line| !line.starts_with("Metrics: "));
        // Its last line at the start: from here on tests may look for all that stands above it.
        server.wait_output(|line| line.starts_with("Stop with").then_some(()));
        server
    }

    /// The first address on a line of this kind on standard output.
    fn announced(&self, kind: impl Fn(&str) -> bool) -> SocketAddr {
        let found = self.output.wait(|line| {
            let (_, rest) = line.split_once("http://").filter(|_| kind(line))?;
            rest.split(['/', ' ']).next()?.parse().ok()
        });
        found.unwrap_or_else(|| {
            panic!(
                "it does not serve:\n{}\n{}",
                self.output.all().join("\n"),
                self.log.all().join("\n")
            )
        })
    }

    /// Asks a bot, and reads its reply to the end.
    pub fn ask(&self, bot: &str, text: &str) -> Answer {
        self.send(bot, &query(text), &[])
    }

    /// Sends any JSON to a bot.
    pub fn send(&self, bot: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.post(bot, body.to_string().as_bytes(), headers)
    }

    /// Sends any bytes to a bot.
    pub fn post(&self, bot: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        self.connect()
            .send(post(&format!("/{bot}"), headers, body))
            .answer()
    }

    /// Asks a bot, and reads its reply as it comes.
    pub fn open(&self, bot: &str, text: &str) -> Stream {
        let mut connection = self.connect();
        connection.send(post(
            &format!("/{bot}"),
            &[],
            query(text).to_string().as_bytes(),
        ));
        connection.stream()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.connect()
            .send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .answer()
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// The page that Prometheus reads.
    pub fn metrics(&self) -> String {
        let mut connection = Connection::open(self.metrics_address);
        connection
            .send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .answer()
            .text()
            .to_owned()
    }

    /// The value of a metric with these labels (and perhaps more); `None` where there is none yet.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let page = self.metrics();
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let mut lines = page.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label))
        });
        lines.next()?.rsplit_once(' ')?.1.parse().ok()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Begins to read its standard error.
    pub fn read_log(&mut self) {
        self.log = Lines::collect(self.unread.take().unwrap());
    }

    /// The lines on standard error so far.
    pub fn log(&self) -> Vec<String> {
        self.log.all()
    }

    /// What a line on standard output says, now or later.
    pub fn wait_output<T>(&self, find: impl Fn(&str) -> Option<T>) -> T {
        let found = self.output.wait(find);
        found.unwrap_or_else(|| panic!("it is not in\n{}", self.output()))
    }

    /// What went to standard output so far.
    pub fn output(&self) -> String {
        self.output.all().join("\n")
    }

    /// Waits for a record of the log.
    pub fn wait_log(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = self.log.wait(|line| {
            serde_json::from_str(line)
                .ok()
                .filter(|record| wanted(record))
        });
        found.unwrap_or_else(|| panic!("no such record in\n{}", self.log().join("\n")))
    }

    /// Waits for a line of the log that has this in it, whatever its format.
    pub fn wait_text(&self, text: &str) {
        let found = self.log.wait(|line| line.contains(text).then_some(()));
        assert!(found.is_some(), "no {text:?} in\n{}", self.log().join("\n"));
    }

    /// Waits for the record of a query of this bot, the first one.
    pub fn wait_query(&self, bot: &str) -> Value {
        self.wait_log(|record| record["target"] == "query" && record["bot"] == bot)
    }

    /// What a bot has printed by the time its query has ended.
    pub fn printed(&self, bot: &str) -> Vec<String> {
        self.wait_query(bot);
        let records = self
            .log()
            .into_iter()
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        records
            .filter(|record| {
                record["target"] == "bot" && record["bot"] == bot && record["level"] == "INFO"
            })
            .map(|record| record["message"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) -> ExitStatus {
        // Both are closed when the process ends, and not before.
        let last = if self.unread.is_none() {
            &self.log
        } else {
            &self.output
        };
        last.wait(|_| None::<()>);
        assert!(last.closed(), "it does not stop");
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log of the gateway\n{}\n---", self.log.all().join("\n"));
        }
    }
}
