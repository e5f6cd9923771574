//! `ravenry test`: compares bots with conversations in files.
//!
//! The bots are built as for `up`, and run in this process on a clock that jumps from event to event.
//! What they ask of others is answered from the files: no socket is opened, and no key is read.

mod discover;
mod kept;
mod log;
mod runner;
mod tally;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use self::{
    discover::{Found, find},
    kept::PlayedStore,
    runner::Runner,
    tally::Tally,
};
use crate::cli::{
    components, directories, failure::Failure, load, network_flags::NetworkFlags,
    progress::Progress, run::Run,
};
use ravenry_base::report::Problem;
use ravenry_config::resolve::{BotSpec, ServerSpec};
use ravenry_desk::replay::{
    compare::{Difference, compare},
    kept::KeptAround,
    read::Script,
    request::History,
};
use ravenry_gateway::{
    bots::{deployment, mount::BotSummary},
    server,
    telemetry::{self, Overheard},
};

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry test                        # all bots below this directory
  ravenry test bots/cat --update      # what the bot says now is right";

/// `ravenry test`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// A directory of bots, a bot's own directory, a `ravenry.toml`, or one conversation
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
    /// Accept what differs: write it to the files
    #[arg(long)]
    pub update: bool,
    /// Where other servers are: none is asked, but what bots may reach is as when they are served.
    #[command(flatten)]
    pub network: NetworkFlags,
    /// Where compiled code is kept [default: ~/.cache/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Which logs are written: a level, or `level,target=level`
    #[arg(
        long,
        value_name = "LEVEL",
        env = "RAVENRY_LOG",
        default_value = "warn"
    )]
    pub log: String,
}

impl Run for Test {
    fn run(&self) -> Result<(), Failure> {
        let (_logging, overheard) =
            telemetry::start_overhearing(&self.log).map_err(|error| Failure::usage(&error))?;
        let (source, only) = discover::source(&self.source);
        let mut spec = load::strict(&source, load::WITHOUT_SECRETS)?;
        self.network.apply(&mut spec);
        let conversations = find(&spec, only.as_deref()).map_err(Failure::Usage)?;
        if conversations.is_empty() {
            return Err(Failure::Usage(none(&self.source).into()));
        }
        leave_only(&mut spec, &conversations);
        let progress = Progress::start();
        let cache_dir = match &self.cache_dir {
            Some(dir) => dir.clone(),
            None => directories::cache_dir()?,
        };
        let built = components::build(&mut spec, &cache_dir, &progress);
        let outcome = built.and_then(|()| {
            let how = (&overheard, self.update);
            mount_and_replay(spec, &conversations, &cache_dir, &progress, how)
        });
        progress.end();
        outcome
    }
}

/// Only bots that a conversation is with are built. None tells the platform anything.
fn leave_only(spec: &mut ServerSpec, conversations: &[Found]) {
    for tenant in &mut spec.tenants {
        let meant = |bot: &BotSpec| conversations.iter().any(|found| found.bot == bot.name);
        tenant.bots.retain(meant);
        for bot in &mut tenant.bots {
            bot.sync = false;
        }
    }
}

fn none(source: &Path) -> Problem {
    Problem {
        message: format!("no conversations for the bots of `{}`", source.display()),
        causes: vec!["a conversation is a file `tests/NAME.toml` in the directory of a bot".to_owned()],
        hint: Some(
            "write `[[turn]]` and `say = \"hello\"` into one, and let `ravenry test --update` write the answer"
                .to_owned(),
        ),
        ..Problem::default()
    }
}

/// Mounts the bots, and replays one conversation after the other.
fn mount_and_replay(
    spec: ServerSpec,
    conversations: &[Found],
    cache_dir: &Path,
    progress: &Progress,
    (overheard, update): (&Overheard, bool),
) -> Result<(), Failure> {
    // One thread: only there can the clock be simulated.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| Failure::usage(&error))?;
    runtime.block_on(async {
        let shown = progress.clone();
        let say: deployment::Progress = Arc::new(move |line: &str| shown.say(line));
        let deployment = server::mount_only(spec, cache_dir, &say).await;
        progress.end();
        let runner = Runner::new(deployment.map_err(Failure::Failed)?);
        let mut tally = Tally::new(update);
        for found in conversations {
            // What was said while bots were mounted is about no conversation.
            overheard.take();
            let differences = replay(&runner, found.bot.as_str(), &found.script, update).await?;
            tally.enter(found, &differences, &overheard.take());
        }
        let outcome = tally.end();
        runner.end();
        outcome
    })
}

/// Replays one conversation.
async fn replay(
    runner: &Runner,
    bot: &str,
    script: &Script,
    update: bool,
) -> Result<Vec<Difference>, Failure> {
    let rehearsal = Runner::begin(script.began);
    let BotSummary { bot, spec, .. } = runner.bot(bot)?;
    let store = PlayedStore::new(rehearsal, bot);
    for complaint in store.know(bot, &spec.documents).await? {
        tracing::warn!(
            bot = bot.name.as_str(),
            "of the documents of the bot: {complaint}"
        );
    }
    let mut history = History::default();
    let mut differences = Vec::new();
    for (number, turn) in script.turns.iter().enumerate() {
        let query = history.query(&turn.said, script.began);
        if number == 0 {
            store.fill(&script.name, &script.store, &query).await?;
        }
        let mut around = KeptAround::default();
        if turn.store.is_some() {
            around.before = store.look(&query).await?;
        }
        let world = (rehearsal, store.shared());
        let mut deeds = Runner::ask(bot, &query, turn.script(), world).await?;
        if turn.store.is_some() {
            around.after = store.look(&query).await?;
            deeds.kept = around;
        }
        // What follows is asked as the file has it, and once it is changed, as it will have it.
        let said = turn
            .answer
            .as_ref()
            .filter(|_| !update)
            .map(|_| turn.events());
        history.add(&turn.said, said.as_deref().unwrap_or(&deeds.events));
        differences.extend(compare(script, turn, &query, &deeds));
    }
    Ok(differences)
}
