//! Server bots that are registered here: where they are, what their settings say, and how they are
//! asked in the platform's name.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::{
    apply_settings::{self, File},
    bot_settings::Terms,
    files,
    query_runner::Drive,
    state::{Cast, Stage},
};
use crate::client::{Target, Unreachable};
use ravenry_base::secret::Secret;
use ravenry_protocol::{Reference, mend};

/// The key of a person who asks bots: the platform's users have such keys too. It opens nothing but
/// this simulator, and is no secret.
pub const PERSON_KEY: &str = "simulated-person";

/// How long a bot may take for its settings. The reference library gives the whole call 5 s.
const SETTINGS_TIME_MAX: Duration = Duration::from_secs(5);

/// A server bot.
#[derive(Clone, Debug)]
pub(super) struct Enrolled {
    pub(super) target: Target,
    /// Its access key, shown to it and by it.
    pub(super) key: Secret,
    /// What its settings said when they were last read.
    pub(super) terms: Option<Arc<Terms>>,
}

/// Why a bot cannot be asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Undriven {
    /// It does not answer.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The name makes no URL.
    #[error("no bot can have this name")]
    Name,
}

/// An access key as the platform makes them.
pub fn made_up_key() -> Secret {
    let random: String = (0..4).map(|_| Reference::random().to_string()).collect();
    Secret::new(random)
}

impl Stage {
    /// Registers a bot, in the place of whatever had its name. What is known of its settings stays;
    /// where it has no key, it gets one, and keeps it.
    pub(super) fn enrol(&self, name: &str, target: Target) {
        let mut state = self.state();
        let before = match state.bots.get(name) {
            Some(Cast::Enrolled(before)) => Some(before.clone()),
            _ => None,
        };
        let kept = before.as_ref().map(|before| before.key.clone());
        let key = target.key.clone().or(kept).unwrap_or_else(made_up_key);
        let target = Target {
            key: Some(key.clone()),
            ..target
        };
        let terms = before.and_then(|before| before.terms);
        let bot = Enrolled { target, key, terms };
        state.bots.insert(name.to_owned(), Cast::Enrolled(bot));
    }

    /// A registered bot.
    pub(super) fn enrolled(&self, name: &str) -> Option<Enrolled> {
        match self.state().bots.get(name) {
            Some(Cast::Enrolled(bot)) => Some(bot.clone()),
            _ => None,
        }
    }

    /// What holds for a bot: its settings as last read, else as it says them now, else the defaults.
    pub(super) async fn terms(&self, name: &str) -> Arc<Terms> {
        let known = self.enrolled(name).and_then(|bot| bot.terms);
        match known {
            Some(known) => known,
            None => self.fetch_terms(name).await.unwrap_or_default(),
        }
    }

    /// Asks a bot for its settings. What cannot be read changes nothing, as on the platform.
    ///
    /// # Errors
    /// Why they cannot be read, in one sentence.
    pub(super) async fn fetch_terms(&self, name: &str) -> Result<Arc<Terms>, String> {
        let Some(bot) = self.enrolled(name) else {
            return Err("no server bot has this name".to_owned());
        };
        let asking = self.driver.client().settings(&bot.target);
        let told = timeout(SETTINGS_TIME_MAX, asking)
            .await
            .map_err(|_| "the bot does not say its settings within 5 s".to_owned())?
            .map_err(|error| {
                let hint = error.problem().hint;
                let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                format!("it does not answer: {}{hint}", error.why)
            })?;
        if told.status != 200 {
            return Err(refusal(told.status));
        }
        let object = mend::read_bytes::<Value>(&told.body).ok();
        let object = object.filter(Value::is_object);
        let object = object.ok_or("the bot's settings are no JSON object")?;
        Ok(self.set_terms(name, object))
    }

    /// Takes settings as the bot's.
    pub(super) fn set_terms(&self, name: &str, object: Value) -> Arc<Terms> {
        let terms = Arc::new(Terms::read(object));
        if let Some(Cast::Enrolled(bot)) = self.state().bots.get_mut(name) {
            bot.terms = Some(Arc::clone(&terms));
        }
        terms
    }

    /// Asks whoever has this name, with a query made to fit his settings; says what was changed.
    ///
    /// Those that are no server bots are asked at the door, as other bots ask them.
    pub(super) async fn drive(
        self: &Arc<Self>,
        name: &str,
        mut body: Value,
    ) -> Result<(Drive, Vec<&'static str>), Undriven> {
        let (target, notes) = self.address(name, &mut body).await.ok_or(Undriven::Name)?;
        Ok((self.driver.query(&target, &body).await?, notes))
    }

    /// Where a query goes, made to fit the bot's settings, and what was done to it for that; nothing
    /// where no bot can have this name.
    pub(super) async fn address(
        self: &Arc<Self>,
        name: &str,
        body: &mut Value,
    ) -> Option<(Target, Vec<&'static str>)> {
        let Some(bot) = self.enrolled(name) else {
            return Some((self.door(name)?, Vec::new()));
        };
        if let Some(id) = body.get("bot_query_id").and_then(Value::as_str) {
            self.state().chains.give(id, name);
        }
        let terms = self.terms(name).await;
        let files = self.files_of(body, &terms).await;
        let notes = apply_settings::fit(body, &terms, &files);
        Some((bot.target, notes))
    }

    /// Where bots ask for this name.
    fn door(&self, name: &str) -> Option<Target> {
        let mut url: Url = self.origin.clone();
        url.path_segments_mut().ok()?.extend(["bot", name]);
        let key = Some(Secret::new(PERSON_KEY.to_owned()));
        Some(Target { url, key })
    }

    /// The files of ours that a query names, by the URLs that it names them by.
    async fn files_of(self: &Arc<Self>, body: &Value, terms: &Terms) -> HashMap<String, File> {
        let mut files = HashMap::new();
        for (url, _) in apply_settings::attached(body) {
            if files.contains_key(&url) {
                continue;
            }
            if let Some(file) = files::fresh(self, &url, terms.expand_text_attachments).await {
                files.insert(url, file);
            }
        }
        files
    }
}

/// A status in the place of an answer, and what to do about it.
pub(super) fn refusal(status: u16) -> String {
    match status {
        401 | 403 => format!(
            "the bot refuses the access key (status {status}): register it under the key that it has"
        ),
        404 | 405 => {
            format!("no bot answers at this URL (status {status}): correct its path")
        }
        _ => format!("the bot answers with status {status}"),
    }
}
