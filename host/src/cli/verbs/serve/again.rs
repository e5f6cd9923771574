//! The files of `serve`, read again while it serves: what they say now takes the place of what they said.
//!
//! As with an author's loop, what is wrong changes nothing, and all of it is shown: a mistake of the operator's
//! nothing at all, one of a tenant's nothing of the bot, or of the file's bots. What a process has for good
//! (addresses, directories, walls) stays as it was at its start, and that is said.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use super::Serve;
use crate::cli::{
    components,
    failure::Failure,
    progress::Progress,
    reload::outcome::{Done, report},
    serving::{self, Reread},
};
use ravenry_base::report::Problems;
use ravenry_config::resolve::ServerSpec;
use ravenry_gateway::{
    bots::deployment::Deployment,
    walls::{Wall, Walls},
};

/// What is read again, and what was read first.
struct Again {
    serve: Serve,
    /// Without its tenants.
    first: ServerSpec,
    /// Whether files are out of reach that were not named at the start.
    walled: bool,
}

/// Reads again all that this has read, when it is called.
pub(super) fn reload(serve: &Serve, spec: &ServerSpec, walls: &Walls) -> Reread {
    let mut first = spec.clone();
    first.tenants = Vec::new();
    let again = Again {
        serve: serve.clone(),
        first,
        walled: walls.have(Wall::Landlock),
    };
    Arc::new(move |deployment, address| again.run(deployment, address))
}

impl Again {
    fn run(&self, deployment: &Arc<Deployment>, address: SocketAddr) {
        let began = Instant::now();
        let outcome = self.attempt(deployment).map(|done| {
            let (news, problems) = done.news(address, began.elapsed(), true);
            (news, self.explained(problems))
        });
        let outcome = outcome.map_err(|problems| self.explained(problems));
        report(outcome, &Progress::still());
    }

    fn attempt(&self, deployment: &Arc<Deployment>) -> Result<Done, Problems> {
        let mut spec = self.serve.load().map_err(Failure::into_problems)?;
        self.serve.serving.apply(&mut spec);
        components::only_components(&mut spec);
        self.tell_what_stays(&spec);
        serving::tell_open(&spec);
        let change = deployment.begin(&spec, &|_| false, &(Arc::new(|_: &str| {}) as _))?;
        let refused = spec.refused.into_iter().map(|refused| refused.problem);
        Ok(Done {
            broken: Problems(refused.collect()),
            applied: change.settle(),
            ..Done::default()
        })
    }

    /// Says which settings are other than at the start, and will be so until the next.
    fn tell_what_stays(&self, now: &ServerSpec) {
        let first = &self.first;
        let settings = [
            ("listen", first.listen != now.listen),
            ("metrics_listen", first.metrics_listen != now.metrics_listen),
            ("state_dir", first.state_dir != now.state_dir),
            ("database", first.database != now.database),
            ("[knowledge]", first.embeddings != now.embeddings),
            ("cache_dir", first.cache_dir != now.cache_dir),
            ("connections", first.connections != now.connections),
            ("drain", first.drain != now.drain),
            ("guest_clock", first.guest_clock != now.guest_clock),
            ("engines", first.engines != now.engines),
            ("[poe]", first.poe != now.poe),
            (
                "allow_private_hosts",
                first.private_hosts != now.private_hosts,
            ),
        ];
        for (setting, _) in settings.iter().filter(|(_, changed)| *changed) {
            tracing::warn!(
                setting,
                hint = "stop the gateway and start it again",
                "a setting has changed that is read at the start only: it stays as it was"
            );
        }
    }

    /// What lies behind the walls is not wrong, but out of reach.
    fn explained(&self, mut problems: Problems) -> Problems {
        let denied = io::Error::from(rustix::io::Errno::ACCESS).to_string();
        for problem in &mut problems.0 {
            let is_denied = problem.causes.iter().any(|cause| cause.contains(&denied));
            if self.walled && is_denied {
                problem.hint = Some(
                    "this process reaches no directories that were not named when it was started, nor a file that was put in the place of one it was given alone: start it again".to_owned(),
                );
            }
        }
        problems
    }
}
