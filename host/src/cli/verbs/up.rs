//! `ravenry up`: builds bots, serves them, and does so again when they change.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use crate::cli::{
    addresses,
    dev_simulator::Simulated,
    failure::Failure,
    knowledge_model, load,
    python_file::PythonFile,
    record,
    run::Run,
    serving::{self, Author},
    serving_flags::ServingFlags,
};
use ravenry_base::output;
use ravenry_protocol::shown::Escaped;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry up                          # all bots below this directory
  ravenry up bots/cat --simulate      # one bot, and Poe played beside it
  ravenry up bot.py                   # a bot in Python, of fastapi_poe too";

/// `ravenry up`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Up {
    /// A directory of bots, a bot's own directory, a `ravenry.toml`, a .wasm or a .py file
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
    /// Do not build and mount bots again when they change
    #[arg(long)]
    pub no_watch: bool,
    /// Play Poe beside the bots, so that they can ask others, upload and charge without Poe and
    /// without keys; port 0 takes a free one [default, where no address is given: 127.0.0.1:8081]
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub simulate: Option<String>,
    /// Where the chat page is served, on this machine, or `off`; port 0 takes a free one. With `--simulate`,
    /// it is where Poe is played [default: 127.0.0.1:8081, or a free port if that is taken]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_PAGE")]
    pub page: Option<String>,
    /// A file with more bots for the played Poe: their URLs and keys, or just their replies
    #[arg(long, value_name = "FILE", requires = "simulate")]
    pub scripts: Option<PathBuf>,
    /// Write each query, its answer and what the bot asked of others to a file of its own, for
    /// `ravenry test`
    #[arg(long, value_name = "DIR", env = "RAVENRY_RECORD")]
    pub record: Option<PathBuf>,
    /// How to serve.
    #[command(flatten)]
    pub serving: ServingFlags,
}

impl Run for Up {
    fn run(&self) -> Result<(), Failure> {
        // Without a place for what is built, that is said later.
        let cache = self.serving.cache_dir().ok();
        let own = cache.map_or(Ok(None), |cache| PythonFile::read(&self.source, &cache));
        let own = own.unwrap_or_else(|why| {
            // The build says what is wrong, if something is. Nobody is to believe that a key is asked for.
            output::tell(&format!(
                "What `{}` says of itself cannot be read: it has no access key, no secrets and no hosts here. {}",
                self.source.display(),
                why.into_problems()
            ));
            None
        });
        for note in own.iter().flat_map(|own| &own.notes) {
            output::tell(&Escaped(note).to_string());
        }
        let manifest = own.map(|own| own.manifest);
        let mut spec = load::lenient(&self.source, manifest.as_deref(), &self.serving.limits)?;
        if spec.is_void() {
            spec = spec.whole().map_err(Failure::Usage)?;
        }
        self.serving.apply(&mut spec);
        if let Some(problem) = knowledge_model::problem(spec.embeddings.as_ref()) {
            return Err(Failure::Usage(problem.into()));
        }
        let simulated = match (&self.simulate, self.page.as_deref()) {
            (Some(listen), page) => {
                let page = page.filter(|page| *page != "off");
                let given = Some(listen.as_str()).filter(|listen| !listen.is_empty());
                let listen = given.or(page).unwrap_or(addresses::SIMULATOR);
                Some(Simulated::start(listen, self.scripts.as_deref())?)
            }
            (None, Some("off")) => None,
            (None, listen) => Some(Simulated::page(listen)?),
        };
        let simulated = simulated.map(Arc::new);
        if let Some(simulated) = &simulated {
            simulated.prepare(&mut spec);
        }
        let author = if self.no_watch {
            Author::Builds(&self.source)
        } else {
            Author::Watches(&self.source, manifest)
        };
        let recorder = self.record.as_deref().map(record::recorder).transpose()?;
        // To the end: what was said last is written when the writer goes.
        let (recorder, _writer) = recorder.unzip();
        serving::serve(spec, &self.serving, author, simulated.as_ref(), recorder)
    }
}
