//! Who answers for which name, who has which key, and what the settings of server bots say.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::{
    bot_settings::Terms,
    query_runner::{Driver, ReplyLimits},
    script::Script,
};
use crate::client::Target;
use ravenry_base::secret::Secret;
use ravenry_protocol::{Reference, mend};

/// The key of a person who asks bots: the platform's users have such keys too. It opens nothing but
/// this simulator, and is no secret.
pub const PERSON_KEY: &str = "simulated-person";

/// How long a bot may take for its settings. The reference library gives the whole call 5 s.
const SETTINGS_TIME_MAX: Duration = Duration::from_secs(5);

/// How much is minded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// For tests: whatever a test does not forbid passes.
    #[default]
    Lenient,
    /// As the platform: it knows the keys of its bots and of [persons](PERSON_KEY) alone, lets
    /// bots ask what their settings declare, and lets them capture what was authorized. Names that
    /// no bot has are played by stand-ins.
    Strict,
}

/// Who has sent an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A person, or any caller where all are let in.
    Person,
    /// Bots with these names; several where they share a key.
    Bots(Vec<String>),
}

impl Caller {
    /// The names of the bots; none of a person.
    pub(super) fn bots(&self) -> &[String] {
        match self {
            Self::Person => &[],
            Self::Bots(names) => names,
        }
    }
}

/// Who answers for a name.
#[derive(Clone, Debug)]
pub(super) enum Backend {
    /// A script.
    Script(Script),
    /// A server bot that is asked as the platform asks.
    Server(ServerBot),
}

/// A server bot.
#[derive(Clone, Debug)]
pub(super) struct ServerBot {
    pub(super) target: Target,
    /// Its access key, shown to it and by it.
    pub(super) key: Secret,
    /// What its settings said when they were last read.
    pub(super) terms: Option<Arc<Terms>>,
}

/// All bots, by name.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) mode: Mode,
    /// For bots that are asked as the platform asks.
    pub(super) driver: Driver,
    bots: Mutex<HashMap<String, Backend>>,
}

/// An access key as the platform makes them.
pub fn made_up_key() -> Secret {
    let random: String = (0..4).map(|_| Reference::random().to_string()).collect();
    Secret::new(random)
}

impl Registry {
    /// No bots yet. Replies may take so much.
    pub(super) fn new(mode: Mode, limits: ReplyLimits) -> Self {
        Self {
            mode,
            driver: Driver::new(limits),
            bots: Mutex::default(),
        }
    }

    /// Who shows this key; `None`: a caller that is not let in.
    pub(super) fn caller(&self, key: &str) -> Option<Caller> {
        let has_it = |backend: &Backend| match backend {
            Backend::Server(bot) => bot.key.matches(key.as_bytes()),
            Backend::Script(_) => false,
        };
        let bots = self.bots.lock();
        let names = bots.iter().filter(|(_, backend)| has_it(backend));
        let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
        if !names.is_empty() {
            return Some(Caller::Bots(names));
        }
        let admitted = match self.mode {
            Mode::Lenient => true,
            Mode::Strict => key == PERSON_KEY,
        };
        (admitted && !key.is_empty()).then_some(Caller::Person)
    }

    /// What a caller with a wrong key is told.
    pub(super) fn key_refusal(&self) -> String {
        match self.mode {
            Mode::Lenient => "Invalid access key".to_owned(),
            Mode::Strict => format!(
                "Invalid access key: no bot that is registered here has it. Register the bot under \
                 its key, or ask as a person, with the key `{PERSON_KEY}`"
            ),
        }
    }

    /// Lets a script answer for a name.
    pub(super) fn script(&self, name: &str, script: Script) {
        let backend = Backend::Script(script);
        self.bots.lock().insert(name.to_owned(), backend);
    }

    /// Registers a bot, in the place of whatever had its name. What is known of its settings stays;
    /// where it has no key, it gets one, and keeps it.
    pub(super) fn register(&self, name: &str, target: Target) {
        let mut bots = self.bots.lock();
        let before = match bots.get(name) {
            Some(Backend::Server(before)) => Some(before.clone()),
            _ => None,
        };
        let kept = before.as_ref().map(|before| before.key.clone());
        let key = target.key.clone().or(kept).unwrap_or_else(made_up_key);
        let target = Target {
            key: Some(key.clone()),
            ..target
        };
        let terms = before.and_then(|before| before.terms);
        let bot = ServerBot { target, key, terms };
        bots.insert(name.to_owned(), Backend::Server(bot));
    }

    /// Forgets a registered bot.
    pub(super) fn remove(&self, name: &str) {
        let mut bots = self.bots.lock();
        if matches!(bots.get(name), Some(Backend::Server(_))) {
            bots.remove(name);
        }
    }

    /// Who answers for a name.
    pub(super) fn backend(&self, name: &str) -> Option<Backend> {
        self.bots.lock().get(name).cloned()
    }

    /// A registered bot.
    pub(super) fn server(&self, name: &str) -> Option<ServerBot> {
        match self.backend(name) {
            Some(Backend::Server(bot)) => Some(bot),
            _ => None,
        }
    }

    /// All names, sorted, with the URLs of registered bots.
    pub(super) fn names(&self) -> Vec<(String, Option<Url>)> {
        let bots = self.bots.lock();
        let listed = bots.iter().map(|(name, backend)| {
            let url = match backend {
                Backend::Server(bot) => Some(bot.target.url.clone()),
                Backend::Script(_) => None,
            };
            (name.clone(), url)
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|a, b| a.0.cmp(&b.0));
        listed
    }

    /// What holds for a bot: its settings as last read, else as it says them now, else the defaults.
    pub(super) async fn terms(&self, name: &str) -> Arc<Terms> {
        let known = self.server(name).and_then(|bot| bot.terms);
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
        let Some(bot) = self.server(name) else {
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
        if let Some(Backend::Server(bot)) = self.bots.lock().get_mut(name) {
            bot.terms = Some(Arc::clone(&terms));
        }
        terms
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
