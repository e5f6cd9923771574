//! The platform's copy of the settings: handed over in the background, again and again if need be.

use ravenry::simulator::{Answer, Door, FakePoe};

use super::KEY;
use crate::harness::{Folder, Server};

fn named(poe: &FakePoe) -> Server {
    let manifest = "[bot.asker]\nsource = \"asker.wasm\"\n\
        poe = { name = \"AskerBot\", access_key = { env = \"ASKER_KEY\" } }\n";
    Folder::with_manifest(manifest)
        .env("ASKER_KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .up()
}

const SYNCED: &str = "ravenry_settings_synced";

#[test]
fn settings_are_handed_over_at_the_start() {
    let poe = FakePoe::start().unwrap();
    let server = named(&poe);
    server.wait_metric(SYNCED, &[("bot", "asker")], 1.0);
    let settings = poe.settings();
    assert_eq!(settings.len(), 1);
    assert_eq!(settings[0].bot, "AskerBot");
    assert_eq!(
        settings[0].settings["server_bot_dependencies"]["helper"],
        10
    );
    assert_eq!(settings[0].settings["response_version"], 2);
    server.wait_text("the platform has the settings of the bot");
}

/// The platform is away at first: the bot answers meanwhile, and the settings arrive later.
#[test]
fn a_platform_that_is_away_gets_them_later() {
    let poe = FakePoe::start().unwrap();
    poe.instead(Door::Settings, Answer::status(503));
    let server = named(&poe);
    server.wait_text("is asked again in the background");
    server.wait_metric(SYNCED, &[("bot", "asker")], 1.0);
    assert_eq!(poe.settings().len(), 2);
}

#[test]
fn a_refusal_is_final_and_shows_no_key() {
    let poe = FakePoe::start().unwrap();
    poe.instead(Door::Settings, Answer::html(401, KEY));
    let server = named(&poe);
    server.wait_text("check `poe.name` and `poe.access_key`");
    server.wait_metric(SYNCED, &[("bot", "asker")], 0.0);
    assert!(!server.log().join("\n").contains(KEY));
    assert_eq!(poe.settings().len(), 1);
}
