//! Every bot of a specification gets its component: by a build, or because it has to be there.

use std::path::Path;

use super::{
    build::{Caller, Interrupt, Job, build_all},
    failure::Failure,
    progress::Progress,
};
use ravenry_base::report::{Place, Problem, Problems};
use ravenry_config::{
    is_python,
    refused::Refused,
    resolve::{BotSpec, ServerSpec},
};
use ravenry_protocol::shown::Escaped;

/// Refuses all bots but components: an operator's server builds nothing, because a build runs
/// whatever commands its author wrote.
pub(super) fn only_components(spec: &mut ServerSpec) {
    let ServerSpec {
        tenants, refused, ..
    } = spec;
    for tenant in tenants {
        let is_unbuilt = |bot: &mut BotSpec| bot.source.is_dir() || is_python(&bot.source);
        let unbuilt = tenant.bots.extract_if(.., is_unbuilt);
        refused.extend(unbuilt.map(|bot| Refused {
            tenant: bot.tenant,
            problem: Problem {
                message: format!("bot `{}` is not built", bot.name),
                causes: vec![format!(
                    "its source is `{}`, and `serve` builds nothing",
                    bot.source.display()
                )],
                place: Some(bot.place),
                hint: Some(
                    "build it with `ravenry build`, and name the .wasm file as `source`".to_owned(),
                ),
            },
            bot: Some(bot.name),
        }));
    }
}

/// Builds every bot that is to be built, and puts the component in the place of its source.
///
/// # Errors
/// All bots that cannot be built, at once.
pub(super) fn build(
    spec: &mut ServerSpec,
    cache: &Path,
    progress: &Progress,
) -> Result<(), Failure> {
    let unbuilt = refuse_unbuilt(spec, cache, progress);
    unbuilt.or(()).map_err(Failure::Failed)
}

/// Does the same, and refuses the bots that cannot be built: says why.
pub(super) fn refuse_unbuilt(spec: &mut ServerSpec, cache: &Path, progress: &Progress) -> Problems {
    let ServerSpec {
        tenants,
        refused,
        aside,
        ..
    } = spec;
    let bots = tenants.iter_mut().flat_map(|tenant| &mut tenant.bots);
    let mut wanted: Vec<&mut BotSpec> = bots.filter(|bot| is_to_be_built(bot)).collect();
    let problems = build_some(&mut wanted, cache, progress, None);
    let unbuilt: Vec<Refused> = wanted
        .into_iter()
        .zip(problems)
        .filter_map(|(bot, problem)| Some(of(bot, problem?)))
        .collect();
    for tenant in tenants {
        let is_unbuilt = |bot: &mut BotSpec| {
            let mut unbuilt = unbuilt.iter();
            unbuilt.any(|it| it.tenant == bot.tenant && it.bot.as_ref() == Some(&bot.name))
        };
        aside.extend(tenant.bots.extract_if(.., is_unbuilt));
    }
    let problems = unbuilt.iter().map(|refused| refused.problem.clone());
    let problems = Problems(problems.collect());
    refused.extend(unbuilt);
    problems
}

/// What is wrong with a bot.
pub(super) fn of(bot: &BotSpec, problem: Problem) -> Refused {
    Refused {
        tenant: bot.tenant.clone(),
        bot: Some(bot.name.clone()),
        problem,
    }
}

/// Whether a build makes the component of a bot.
pub(super) fn is_to_be_built(bot: &BotSpec) -> bool {
    bot.source.is_dir() || bot.build.is_some() || is_python(&bot.source)
}

/// Builds these bots; for each of them, in their order, what is wrong. Where nothing is, the
/// component is in the place of the source.
pub(super) fn build_some(
    bots: &mut [&mut BotSpec],
    cache: &Path,
    progress: &Progress,
    interrupt: Option<&Interrupt>,
) -> Vec<Option<Problem>> {
    let jobs: Vec<Job<'_>> = bots
        .iter()
        .map(|bot| Job {
            name: bot.name.clone(),
            source: &bot.source,
            variables: variables(bot),
            command: bot.build.as_ref().map(|build| build.command.as_str()),
            home: home(&bot.place),
        })
        .collect();
    let caller = Caller {
        progress: &|line| progress.say(line),
        interrupt,
    };
    let built = build_all(&jobs, cache, &caller);
    let mut shown: Vec<String> = Vec::new();
    let mut problems = Vec::with_capacity(built.len());
    for (bot, result) in bots.iter_mut().zip(built) {
        let error = match result {
            Ok(path) => {
                bot.source = path;
                problems.push(None);
                continue;
            }
            Err(error) => error,
        };
        let said = error.to_string();
        let cause = said.lines().next().unwrap_or_default().to_owned();
        // Several crates of one workspace fail with the same words: once is enough.
        let is_new = !shown.contains(&cause);
        if let Some(output) = error.output().filter(|_| is_new) {
            progress.keep(output);
        }
        if let Some(lines) = error.lines() {
            let lines: Vec<_> = lines
                .lines()
                .map(|line| Escaped(line).to_string())
                .collect();
            progress.tell(&lines.join("\n"));
        }
        shown.push(cause.clone());
        problems.push(Some(Problem {
            message: format!("bot `{}` cannot be built", bot.name),
            causes: vec![cause],
            place: Some(bot.place.clone()),
            hint: error.hint().map(str::to_owned),
        }));
    }
    problems
}

/// What a bot finds in its environment: of secrets, what stands for them.
fn variables(bot: &BotSpec) -> Vec<(String, String)> {
    let stand_in = |name: &String| (name.clone(), "ravenry-secret".to_owned());
    let secrets = bot.secrets.iter().map(|secret| stand_in(&secret.name));
    bot.config.iter().cloned().chain(secrets).collect()
}

/// The directory of the file that declares a bot.
pub(super) fn home(place: &Place) -> &Path {
    let directory = Path::new(&place.file).parent().unwrap_or(Path::new("."));
    // `ravenry.toml` alone has the parent "", which is no directory to be in.
    if directory == Path::new("") {
        Path::new(".")
    } else {
        directory
    }
}
