//! What a bot's settings say: learnt when it is mounted, kept for what it declares, and handed to the
//! platform where the bot has a name there.
//!
//! All of it in the background: no bot waits for the platform, and a platform that is away is asked
//! again with growing pauses.

use std::{collections::HashMap, error::Error as _, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinSet, time::sleep};

use super::{Bot, requests};
use crate::imports::{poe::Declaration, request::Received};
use ravenry_config::ids::{BotName, TenantName};
use ravenry_outbound::poe::SyncFault;
use ravenry_protocol::{Reference, settings::Settings};

/// Bots that are asked at once.
const AT_ONCE: usize = 8;

/// First pause before the platform is asked again, and the longest; it doubles in between.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// The request that a bot sees when the gateway asks.
const REQUEST: &str = r#"{"version":"1.2","type":"settings"}"#;

/// The tasks that learn and hand on, one for each bot. Dropping it gives up.
#[derive(Debug)]
pub(super) struct Syncing {
    runtime: Handle,
    asking: Arc<Semaphore>,
    /// One task each; its set ends it when another takes its place.
    tasks: Mutex<HashMap<(TenantName, BotName), JoinSet<()>>>,
}

impl Syncing {
    /// No task yet; all of them on the runtime that calls.
    pub(super) fn here() -> Self {
        Self {
            runtime: Handle::current(),
            asking: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: Mutex::default(),
        }
    }

    /// Learns the settings of a bot and hands them on, in the place of what a version of it before
    /// still had to hand on.
    pub(super) fn begin(&self, bot: Arc<Bot>) {
        let name = (bot.tenant.clone(), bot.name.clone());
        let asking = Arc::clone(&self.asking);
        let mut task = JoinSet::new();
        let work = async move {
            let known = {
                // Never closed; if it were, one more would ask at once.
                let _turn = asking.acquire().await;
                learn(bot).await
            };
            if let Some((bot, settings)) = known {
                hand_on(bot, settings).await;
            }
        };
        task.spawn_on(work, &self.runtime);
        self.lock().insert(name, task);
    }

    /// Gives up on a bot that is not mounted any more.
    pub(super) fn end(&self, bot: &Bot) {
        self.lock().remove(&(bot.tenant.clone(), bot.name.clone()));
    }

    /// Gives up on all of them.
    pub(super) fn end_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(TenantName, BotName), JoinSet<()>>> {
        self.tasks.lock()
    }
}

/// What a bot is asked with.
pub(super) fn question() -> Received {
    Received::new(REQUEST.to_owned(), std::iter::empty(), Reference::random())
}

/// Asks a bot for its settings, and notes what it declares.
async fn learn(bot: Arc<Bot>) -> Option<(Arc<Bot>, Settings)> {
    match requests::own_settings(&bot, question()).await {
        Ok(settings) => {
            let declared = settings.server_bot_dependencies.iter().cloned();
            bot.declare(Declaration::Known(declared.collect::<HashMap<_, _>>()));
            Some((bot, settings))
        }
        Err(error) => {
            let why = error.source().map(ToString::to_string);
            let why = why.as_ref().map(|why| bot.mask().mask(why));
            let why = why.as_deref();
            tracing::warn!(
                tenant = bot.tenant.as_str(), bot = bot.name.as_str(), error = %error, cause = why,
                "the bot does not say its settings: it can ask no other bot, and the platform keeps what it has"
            );
            bot.declare(Declaration::Failed(error.to_string()));
            None
        }
    }
}

/// Hands settings to the platform, where the bot has a name there and a key.
async fn hand_on(bot: Arc<Bot>, settings: Settings) {
    let Some(name) = &bot.synced_as else { return };
    let (tenant, bot_name) = (bot.tenant.as_str(), bot.name.as_str());
    bot.metrics.synced(false);
    let json = bot.settings_json(&settings);
    let mut pause = PAUSE;
    loop {
        match bot
            .platform
            .client
            .update_settings(name, json.clone())
            .await
        {
            Ok(()) => {
                bot.metrics.synced(true);
                tracing::info!(tenant, bot = bot_name, poe_name = %name, "the platform has the settings of the bot");
                return;
            }
            Err(SyncFault::Refused(why)) => {
                tracing::error!(
                    tenant, bot = bot_name, poe_name = %name, error = why,
                    "the platform refuses the settings of the bot: check `poe.name` and `poe.access_key`"
                );
                return;
            }
            Err(SyncFault::Later(why)) => {
                // Once per episode; the rest is a metric.
                if pause == PAUSE {
                    tracing::warn!(
                        tenant, bot = bot_name, poe_name = %name, error = why,
                        "the platform does not take the settings of the bot yet; it is asked again in the background"
                    );
                }
            }
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(PAUSE_MAX);
    }
}
