//! The sample bots of the quick start, from front to back: real components in a real gateway, and a
//! fake platform where they ask other bots.

mod cancel;
mod chains;
mod failing;
mod relays;
mod shows;
mod tools;

use crate::harness::{FakePoe, Folder, Server};
use crate::sample_tests::{
    self, KEY, Sample, ask, contents, conversation, declared, send, versus, weather,
};

/// A gateway with these samples, which takes a fake platform for the real one.
fn gateway(poe: &FakePoe, bots: &[&str]) -> Server {
    folder(poe, bots, "").up()
}

/// The same, with more lines in the manifest of the last sample.
fn folder(poe: &FakePoe, bots: &[&str], more: &str) -> Folder {
    let samples: Vec<Sample> = bots.iter().map(|bot| Sample::in_rust(bot)).collect();
    let samples: Vec<&Sample> = samples.iter().collect();
    sample_tests::folder(poe, &samples, more)
}
