//! What an operator finds in `host/dist`, and the page `host/docs/server.md` about it: the unit, the image,
//! what systemd is told, and keys as it hands them over.

mod proxies;

use std::{fs, os::unix::net::UnixDatagram, path::PathBuf, process::Command};

use rustix::process::Signal;

use crate::harness::{Folder, HANG, Server, is_installed_or_told, query, wait_until};

const ECHO: &str = "[bot.echo]\nsource = \"echo.wasm\"\n";

/// A file of an operator, as it stands in the checkout.
fn dist(name: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/dist")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the unit says under a key, line by line.
fn said<'u>(unit: &'u str, key: &str) -> Vec<&'u str> {
    let start = format!("{key}=");
    let lines = unit.lines();
    lines.filter_map(|line| line.strip_prefix(&start)).collect()
}

/// The program and the directories of the unit need not be on this machine.
#[test]
fn systemd_understands_the_unit() {
    if !is_installed_or_told("systemd-analyze", "systemd") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ravenry@.service");
    let unit = dist("ravenry@.service").replace("/usr/local/bin/ravenry", "/bin/true");
    fs::write(&file, unit).unwrap();
    let mut verify = Command::new("systemd-analyze");
    let checked = verify.arg("verify").arg(&file).output().unwrap();
    let complaints = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.success(), "{complaints}");
    // Of other units of this machine it may complain.
    assert!(!complaints.contains("ravenry"), "{complaints}");
}

/// What the gateway's own walls and its compilers need is left to it.
#[test]
fn the_unit_leaves_what_the_gateway_needs() {
    let unit = dist("ravenry@.service");
    let command = said(&unit, "ExecStart")[0];
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(
        arguments,
        ["serve", "--config", "/etc/ravenry/operator.toml"]
    );
    for (key, value) in [
        ("Type", "notify"),
        ("OOMPolicy", "continue"),
        ("MemorySwapMax", "0"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
    ] {
        assert_eq!(said(&unit, key), [value], "{key}");
    }
    for key in [
        "MemoryDenyWriteExecute",
        "NoExecPaths",
        "ProcSubset",
        "SystemCallFilter",
    ] {
        assert_eq!(said(&unit, key), [""; 0], "{key}");
    }
    // Its directory of compiled code must be no link, as systemd makes them for a user that it makes up.
    let cache = said(&unit, "CacheDirectory")[0];
    let below = format!("RAVENRY_CACHE_DIR=%C/{cache}/");
    assert!(said(&unit, "Environment")[0].contains(&below));
}

#[test]
fn the_service_manager_is_told_when_bots_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(HANG)).unwrap();
    let server = Folder::empty()
        .manifest("acme.toml", ECHO)
        .file(
            "operator.toml",
            "[tenant.acme]\nmanifests = [\"acme.toml\"]\n",
        )
        .env("NOTIFY_SOCKET", path.to_str().unwrap())
        .serve();
    let mut told = [0; 64];
    let length = socket.recv(&mut told).unwrap();
    assert_eq!(&told[..length], b"READY=1\n");
    assert_eq!(server.ask("echo", "hi").said(), "hi");
}

const OLD: &str = "oooooooooooooooooooooooooooooooo";
const NEW: &str = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

/// Keys of all tenants side by side, as systemd hands them over. A name begins with the tenant's, so none has
/// another's; one that is served alone reads its own, also later, behind the walls.
#[test]
fn keys_may_lie_side_by_side() {
    let bot =
        |secret: &str| format!("{ECHO}poe = {{ access_key = {{ secret = \"{secret}\" }} }}\n");
    let folder = || {
        Folder::empty()
            .manifest("acme.toml", &bot("key"))
            .manifest("globex.toml", &bot("acme.key"))
            .file("credentials/acme.key", OLD)
            .file(
                "operator.toml",
                "[secrets]\ndir = \"credentials\"\n\
                 [tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"acme.toml\"]\n\
                 [tenant.globex]\npath_prefix = \"/globex\"\nmanifests = [\"globex.toml\"]\n",
            )
    };
    let status = |server: &Server, key: &str| {
        let bearer = format!("Bearer {key}");
        server
            .send("acme/echo", &query("hi"), &[("authorization", &bearer)])
            .status
    };
    let server = folder().serve();
    assert_eq!(status(&server, OLD), 200);
    server.wait_text("globex/acme.key");
    assert_eq!(server.get("/readyz").json()["refused"], 1);

    let server = folder().flag("--only=acme").serve();
    assert_eq!(status(&server, OLD), 200);
    fs::write(server.folder.path().join("credentials/acme.key"), NEW).unwrap();
    server.signal(Signal::HUP);
    wait_until("the new key opens it", || status(&server, NEW) == 200);
    assert_eq!(status(&server, OLD), 401);
}

/// Nobody builds the image here: its base would have to be fetched. What can be known without is that all
/// that it copies is there, and that it starts what is built.
#[test]
fn the_image_is_made_of_what_is_here() {
    const KNOWN: [&str; 11] = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENV",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "ENTRYPOINT",
        "CMD",
    ];
    let text = dist("Containerfile").replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut binary = None;
    for line in lines {
        let (instruction, rest) = line.split_once(' ').unwrap();
        assert!(KNOWN.contains(&instruction), "{line}");
        let words: Vec<&str> = rest.split_whitespace().collect();
        match (instruction, &*words) {
            ("COPY", ["--from=build", from, to]) => binary = Some((*from, *to)),
            ("COPY", [sources @ .., _]) => {
                for source in sources {
                    assert!(checkout.join(source).exists(), "{source}");
                }
            }
            ("ENTRYPOINT", [program]) => {
                let (from, to) = binary.unwrap();
                assert_eq!(from, "/src/target/dist/ravenry");
                assert_eq!(*program, format!("[\"{to}\"]"));
            }
            _ => {}
        }
    }
    assert!(binary.is_some() && text.contains("cargo build --locked --profile dist -p ravenry"));
}
