//! The platform's copy of a bot's settings.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use tokio::time::timeout;

use super::{PoeClient, excerpt, heard, short};

/// The version of the protocol whose settings are sent (reference library 0.0.83).
const VERSION: &str = "1.2";

/// Longest time of one attempt. The reference client has 5 s, which a busy platform misses.
const SYNC_TIME_MAX: Duration = Duration::from_secs(30);

/// Why the platform did not take the settings. Holds no key, although the URL does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// Trying again may help.
    #[error("{0}")]
    Later(String),
    /// It will not: the name or the key is wrong.
    #[error("{0}")]
    Refused(String),
}

impl PoeClient {
    /// Hands settings to the platform; `settings` is their JSON. Needs a key.
    pub async fn update_settings(&self, bot: &str, settings: Vec<u8>) -> Result<(), SyncFault> {
        self.sync("update_settings", bot, settings).await
    }

    /// Lets the platform ask the bot for its settings: it must be able to reach the bot's server.
    pub async fn fetch_settings(&self, bot: &str) -> Result<(), SyncFault> {
        self.sync("fetch_settings", bot, Vec::new()).await
    }

    async fn sync(&self, what: &str, bot: &str, body: Vec<u8>) -> Result<(), SyncFault> {
        let Some(key) = &self.key else {
            return Err(SyncFault::Refused("the bot has no access key".to_owned()));
        };
        // The key is a part of the path; nothing of the URL may reach a log.
        let url = key.reveal(|key| self.api(&["bot", what, bot, key, VERSION]));
        let exchange = async {
            let http = self.connections.http.to_any_address();
            let http = http.map_err(|error| SyncFault::Refused(error.to_string()))?;
            let request = http.post(url).header(CONTENT_TYPE, "application/json");
            let response = heard(request.body(body).send())
                .await
                .map_err(SyncFault::Later)?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            let body = short(response).await.map_err(SyncFault::Later)?;
            let body = key.reveal(|key| String::from_utf8_lossy(&body).replace(key, "***"));
            let words = format!(
                "the platform answered {status} ({})",
                excerpt(body.as_bytes())
            );
            if status.is_server_error() || status.as_u16() == 429 {
                Err(SyncFault::Later(words))
            } else {
                Err(SyncFault::Refused(words))
            }
        };
        timeout(SYNC_TIME_MAX, exchange).await.unwrap_or_else(|_| {
            Err(SyncFault::Later(
                "the platform did not answer within 30 s".to_owned(),
            ))
        })
    }
}
