//! Settings: `POST /bot/fetch_settings/…` and `/bot/update_settings/<bot>/<key>[/<version>]`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    exchange::{Course, Ending},
    hooks::Endpoint,
    json_answer::{nothing, refuse},
    platform::{Platform, Shared},
    records::{Record, SettingsCall, SettingsVerb},
    registry::{Caller, Mode, Registry, ServerBot},
    request_body::read,
    script_body::play,
};
use ravenry_base::secret::Secret;
use ravenry_protocol::mend;

/// Largest settings that are taken.
const SETTINGS_BYTES_MAX: usize = 1024 * 1024;

/// The parts of the path.
#[derive(Deserialize)]
pub(super) struct About {
    bot: String,
    key: String,
    version: Option<String>,
}

/// The route of `fetch_settings`.
pub(super) async fn fetch(platform: Shared, about: Path<About>, body: Body) -> Response {
    sync(SettingsVerb::Fetch, platform, about, body).await
}

/// The route of `update_settings`.
pub(super) async fn update(platform: Shared, about: Path<About>, body: Body) -> Response {
    sync(SettingsVerb::Update, platform, about, body).await
}

async fn sync(
    verb: SettingsVerb,
    State(platform): Shared,
    Path(about): Path<About>,
    body: Body,
) -> Response {
    let bytes = match read(body, SETTINGS_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    let (course, account) = Course::new(&platform.stopping);
    let mut call = SettingsCall {
        verb,
        key: Secret::new(about.key.clone()),
        bot: about.bot,
        version: about.version,
        settings: mend::read_bytes(&bytes).unwrap_or_default(),
        status: 200,
        course,
    };
    let answer = match platform.hooks.instead(Endpoint::Settings) {
        Some(answer) => {
            call.status = answer.status;
            platform.hooks.seen(Record::Settings(&call));
            return play(Arc::clone(&platform.hooks), answer, Some(account)).await;
        }
        None => answer(&platform, &about.key, &mut call).await,
    };
    call.status = answer.status().as_u16();
    account.settle(Ending::Complete);
    platform.hooks.seen(Record::Settings(&call));
    answer
}

/// What the platform answers when all is well is not known; the reference library only prints it.
async fn answer(platform: &Platform, key: &str, call: &mut SettingsCall) -> Response {
    let registry = &platform.registry;
    let Some(caller) = registry.caller(key) else {
        return refuse(StatusCode::UNAUTHORIZED, registry.key_refusal()).into_response();
    };
    if let Some(bot) = registry.server(&call.bot) {
        return registered(registry, &bot, key, call).await;
    }
    // A key opens the settings of the bots that have it, whatever else is called by a name.
    if registry.mode == Mode::Strict || matches!(caller, Caller::Bots(_)) {
        return foreign(&call.bot);
    }
    match call.verb {
        SettingsVerb::Update if !call.settings.is_object() => {
            refuse(StatusCode::BAD_REQUEST, "the settings are no JSON object").into_response()
        }
        SettingsVerb::Update | SettingsVerb::Fetch => nothing(),
    }
}

/// The answer to a key that is not the bot's own.
fn foreign(bot: &str) -> Response {
    let detail = format!("Invalid access key: it is not that of `{bot}`");
    refuse(StatusCode::UNAUTHORIZED, detail).into_response()
}

/// Settings of a registered bot: only its own key opens them. What is wrong with them goes into the
/// log: the platform would drop it without a word.
async fn registered(
    registry: &Registry,
    bot: &ServerBot,
    key: &str,
    call: &mut SettingsCall,
) -> Response {
    if !bot.key.matches(key.as_bytes()) {
        return foreign(&call.bot);
    }
    let terms = match call.verb {
        SettingsVerb::Update if call.settings.is_object() => {
            Ok(registry.set_terms(&call.bot, call.settings.clone()))
        }
        SettingsVerb::Update => Err("the settings are no JSON object".to_owned()),
        SettingsVerb::Fetch => registry.fetch_terms(&call.bot).await,
    };
    match terms {
        Ok(terms) => {
            for mistake in &terms.mistakes {
                tracing::warn!(bot = %call.bot, mistake, "the platform would not take all settings");
            }
            call.settings = terms.object.clone();
            nothing()
        }
        Err(detail) if call.verb == SettingsVerb::Update => {
            refuse(StatusCode::BAD_REQUEST, detail).into_response()
        }
        Err(detail) => refuse(StatusCode::BAD_GATEWAY, detail).into_response(),
    }
}
