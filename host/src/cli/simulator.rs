//! Starts the simulated platform, on an address of this machine.

use std::{
    io,
    net::{TcpListener, ToSocketAddrs as _},
    path::PathBuf,
};

use super::failure::Failure;
use ravenry_base::report::Problem;
use ravenry_desk::simulator::{Mode, Options, Simulator};

/// Starts to play.
///
/// # Errors
/// An address that cannot be listened on, and a directory that cannot hold files.
pub(super) fn start(
    listen: &str,
    dir: Option<PathBuf>,
    balance: u64,
) -> Result<Simulator, Failure> {
    let options = Options {
        mode: Mode::Strict,
        dir,
        balance,
        ..Options::default()
    };
    let listener = bind(listen)?;
    Simulator::with(listener, &options).map_err(|error| {
        Failure::Failed(
            Problem {
                message: "Poe cannot be played".to_owned(),
                causes: vec![error.to_string()],
                hint: Some("files are kept in `--dir`: name a directory of your own".to_owned()),
                ..Problem::default()
            }
            .into(),
        )
    })
}

/// Listens on an address that only this machine reaches: a program that reaches it may ask, upload and read files.
///
/// # Errors
/// An address that other machines reach, one that is none, and one that is taken.
fn bind(listen: &str) -> Result<TcpListener, Failure> {
    let wrong = |cause: String, hint: &str| {
        Failure::Usage(
            Problem {
                message: format!("Poe cannot be played on `{listen}`"),
                causes: vec![cause],
                hint: Some(hint.to_owned()),
                ..Problem::default()
            }
            .into(),
        )
    };
    let example = "an address looks like 127.0.0.1:8081";
    let addresses = listen.to_socket_addrs();
    let mut addresses = addresses.map_err(|error| wrong(error.to_string(), example))?;
    let address = addresses.next();
    let address = address.ok_or_else(|| wrong("it has no address".to_owned(), example))?;
    if !address.ip().is_loopback() {
        let cause = "other machines could reach it there, and any program that does may ask bots and read files";
        return Err(wrong(
            cause.to_owned(),
            "choose an address of this machine, such as 127.0.0.1:8081",
        ));
    }
    TcpListener::bind(address).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another address (port 0 takes a free one)"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges: choose another, such as 8081"
            }
            _ => example,
        };
        wrong(error.to_string(), hint)
    })
}
