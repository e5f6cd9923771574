//! What an attempt to mount bots again did, in words.

use std::{net::SocketAddr, time::Duration};

use crate::cli::{formatting::rounded, progress::Progress};
use ravenry_base::report::Problems;
use ravenry_config::ids::BotName;
use ravenry_gateway::{bots::deployment::Applied, server};

/// What an attempt did.
#[derive(Debug, Default)]
pub(in crate::cli) struct Done {
    /// Bots that were built.
    pub(in crate::cli) built: Vec<BotName>,
    /// Bots that could not be built.
    pub(in crate::cli) broken: Problems,
    /// What came of mounting them.
    pub(in crate::cli) applied: Applied,
}

impl Done {
    /// What there is to say of it, and what is wrong.
    pub(in crate::cli) fn news(
        mut self,
        address: SocketAddr,
        took: Duration,
        settings: bool,
    ) -> (Vec<String>, Problems) {
        let (mut news, took) = (Vec::new(), rounded(took));
        for bot in &self.applied.changed {
            news.push(format!("Reloaded `{}` in {took}", bot.name));
        }
        for bot in &self.applied.reconfigured {
            news.push(format!("New settings of `{}` in {took}", bot.name));
        }
        for added in &self.applied.added {
            let (name, url) = (&added.bot.name, server::url(added, address));
            news.push(format!("Added `{name}` in {took}: {url}"));
        }
        for name in &self.applied.compiling {
            news.push(format!(
                "Compiling `{name}`: it is mounted when that is done"
            ));
        }
        for bot in &self.applied.removed {
            news.push(format!("Removed `{}`", bot.name));
        }
        let told = |name: &BotName| {
            let Applied {
                changed,
                added,
                reconfigured,
                compiling,
                ..
            } = &self.applied;
            let added = added.iter().map(|added| &added.bot);
            let told = changed.iter().chain(added).chain(reconfigured);
            // What is being compiled is not the same; it is told of when it is mounted. Nor is what is refused.
            let refused = self.applied.refused.keys();
            compiling.contains(name)
                || refused.map(|(_, bot)| bot).any(|other| other == name)
                || told.map(|bot| &bot.name).any(|other| other == name)
        };
        for name in self.built.iter().filter(|name| !told(name)) {
            news.push(format!("Built `{name}` in {took}: the same as before"));
        }
        self.broken.0.extend(self.applied.refused.into_values());
        if settings && news.is_empty() && self.broken.0.is_empty() {
            news.push(format!(
                "Read the settings again in {took}: the same as before"
            ));
        }
        (news, self.broken)
    }
}

/// Says what came of an attempt: news, and what is wrong.
pub(in crate::cli) fn report(
    outcome: Result<(Vec<String>, Problems), Problems>,
    progress: &Progress,
) {
    let (news, problems) = outcome.unwrap_or_else(|problems| (Vec::new(), problems));
    for line in news {
        progress.tell(&line);
    }
    if !problems.0.is_empty() {
        progress.complain(&problems);
        progress.tell("What ran before goes on");
    }
}
