//! The platform's copy of the settings: handed over in the background, again and again if need be.

use ravenry_base::secret::Secret;
use ravenry_desk::client::Target;
use ravenry_desk::simulator::{Answer, Endpoint};

use super::KEY;
use crate::harness::{FakePoe, Folder, Scripting as _, Server};

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
    poe.instead(Endpoint::Settings, Answer::status(503));
    let server = named(&poe);
    server.wait_text("is asked again in the background");
    server.wait_metric(SYNCED, &[("bot", "asker")], 1.0);
    assert_eq!(poe.settings().len(), 2);
}

/// `ravenry sync` has the platform ask the bot, and says what came of it.
#[test]
fn the_platform_asks_on_request() {
    let poe = FakePoe::start().unwrap();
    let server = named(&poe);
    let url = format!("http://{}/asker", server.address);
    let key = Some(Secret::new(KEY.to_owned()));
    poe.register("AskerBot", Target::parse(&url, key).unwrap());
    let manifest = "[bot.asker]\nsource = \"asker.wasm\"\n\
        poe = { name = \"AskerBot\", access_key = { env = \"ASKER_KEY\" } }\n";
    let sync = |manifest: &str| {
        Folder::with_manifest(manifest)
            .env("ASKER_KEY", KEY)
            .output(&["sync", "ravenry.toml", "--poe-api", &poe.url()])
    };
    let done = sync(manifest);
    assert!(done.status.success(), "{done:?}");
    let fetched = poe.settings().into_iter().last().unwrap();
    assert_eq!(fetched.settings["server_bot_dependencies"]["other"], 2);
    poe.instead(Endpoint::Settings, Answer::html(401, KEY));
    let refused = sync(manifest);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(
        text.contains("did not take the settings of `AskerBot`"),
        "{text}"
    );
    assert!(!text.contains(KEY));
    let nameless = sync("[bot.asker]\nsource = \"asker.wasm\"\n");
    assert_eq!(nameless.status.code(), Some(2));
}

#[test]
fn a_refusal_is_final_and_shows_no_key() {
    let poe = FakePoe::start().unwrap();
    poe.instead(Endpoint::Settings, Answer::html(401, KEY));
    let server = named(&poe);
    server.wait_text("check `poe.name` and `poe.access_key`");
    server.wait_metric(SYNCED, &[("bot", "asker")], 0.0);
    assert!(!server.log().join("\n").contains(KEY));
    assert_eq!(poe.settings().len(), 1);
}
