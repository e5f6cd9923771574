//! The bots that a bot's settings declare, and the check before each call.

use std::collections::HashMap;

use tokio::sync::watch;

use super::PoeError;

/// The bots that a bot's settings declare, each with its number of calls: known once the settings
/// were asked for.
#[derive(Clone, Debug)]
pub struct Declared(watch::Receiver<Declaration>);

/// See [`Declared`].
#[derive(Clone, Debug, Default)]
pub enum Declaration {
    /// The bot is being asked.
    #[default]
    Pending,
    /// It could not say; the words tell why.
    Failed(String),
    /// Names and numbers.
    Known(HashMap<String, u32>),
}

impl Declared {
    /// Nothing is known yet; the other end says it.
    pub fn pending() -> (watch::Sender<Declaration>, Self) {
        let (sender, receiver) = watch::channel(Declaration::Pending);
        (sender, Self(receiver))
    }

    /// Waits until the settings are known, and checks one more call of `bot`.
    pub(super) async fn check(&self, bot: &str, calls: u32) -> Result<(), PoeError> {
        let mut receiver = self.0.clone();
        let known = receiver
            .wait_for(|known| !matches!(known, Declaration::Pending))
            .await;
        let denied = |sentence| Err(PoeError::Denied(sentence));
        let known = match known.as_deref() {
            Ok(Declaration::Known(known)) => known,
            Ok(Declaration::Failed(why)) => {
                return denied(format!(
                    "the settings of this bot, which must declare `{bot}`, are not known: {why}"
                ));
            }
            Ok(Declaration::Pending) | Err(_) => {
                return denied("the settings of this bot are not known".to_owned());
            }
        };
        match known.get(bot) {
            None | Some(0) => denied(format!(
                "the settings of this bot do not declare `{bot}`: add (\"{bot}\", {calls}) to \
                 `server_bot_dependencies`"
            )),
            Some(declared) if *declared < calls => denied(format!(
                "the settings of this bot declare {declared} calls of `{bot}`, and this is number \
                 {calls}: raise it in `server_bot_dependencies`"
            )),
            Some(_) => Ok(()),
        }
    }
}
