//! Starts the gateway, talks to it, and reads what it logs.
//!
//! Every wait is for a fact and has a bound that only a hang can reach.

mod client;
mod disk;
mod fake_poe;
mod groups;
mod guests;
mod lines;
pub mod packages;
mod process;
mod scripts;
mod server;
pub mod simulate;
mod terminal;
mod tls;
pub mod waits;

pub use client::{Answer, Connection, Stream, post, query, unreferred};
pub use disk::SmallDisk;
pub use fake_poe::{Answered, FakePoe};
pub use groups::{Groups, Hog};
pub use guests::{component, guest_names, hostile_names, without_outer_cargo};
pub use lines::Lines;
pub use packages::is_installed_or_told;
pub use scripts::{Script, Scripting};
pub use server::{Folder, Server};
pub use terminal::Terminal;
pub use tls::Terminator;
pub use waits::{wait_until, wait_worker};

use std::time::Duration;

/// Nothing that works takes this long.
pub const HANG: Duration = Duration::from_secs(90);
