//! What bots are made of and what they know, as one look finds it, and what came of it the last time.

use std::{collections::HashMap, path::PathBuf};

use crate::cli::source_tree::Fingerprints;
use ravenry_base::report::Problem;
use ravenry_config::{
    ids::{BotName, TenantName},
    refused::Refused,
    resolve::{BotSpec, ServerSpec},
};

/// A bot by whose it is and what it is called.
pub(super) type BotKey = (TenantName, BotName);

/// What a bot was last made of.
#[derive(Debug)]
pub(super) struct Made {
    /// What was built, and with what command.
    pub(super) recipe: Recipe,
    /// The files as they were before the build.
    pub(super) files: Fingerprints,
    /// What came of it; `None` where the build failed.
    pub(super) component: Option<PathBuf>,
    /// Whether it could not be mounted, with the settings of then.
    pub(super) refused: bool,
}

/// What is to be built, and with what command.
pub(super) type Recipe = (PathBuf, Option<String>);

/// What was there at one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Where bots are declared.
    pub(super) declared: Fingerprints,
    /// What each bot is made of.
    pub(super) bots: HashMap<BotKey, Fingerprints>,
    /// What each bot knows.
    pub(super) documents: HashMap<BotKey, Fingerprints>,
}

/// All bots of a configuration.
pub(super) fn bots(spec: &ServerSpec) -> impl Iterator<Item = &BotSpec> {
    spec.tenants.iter().flat_map(|tenant| &tenant.bots)
}

/// What is wrong with what was refused.
pub(super) fn problems<'a>(refused: impl IntoIterator<Item = &'a Refused>) -> Vec<Problem> {
    let refused = refused.into_iter();
    refused.map(|refused| refused.problem.clone()).collect()
}

/// The name of a bot.
pub(super) fn key(bot: &BotSpec) -> BotKey {
    (bot.tenant.clone(), bot.name.clone())
}

/// What a bot is to be built from.
pub(super) fn recipe(bot: &BotSpec) -> Recipe {
    let command = bot.build.as_ref().map(|build| build.command.clone());
    (bot.source.clone(), command)
}
