//! The author's loop: looks at what bots are made of, and mounts again what has changed.
//!
//! A thread of its own waits for changes, reads all settings again, builds what is not as it was,
//! and has the table of bots swapped. What is wrong is shown once, and what ran before goes on.

mod look;
pub(super) mod outcome;
mod running;

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::sync_channel},
    thread,
    time::Instant,
};

use self::{
    look::{BotKey, Made, Recipe, View, bots, key, problems, recipe},
    outcome::{Done, report},
    running::Running,
};
use super::{
    build::{Caller, Interrupt},
    components,
    dev_simulator::Simulated,
    failure::Failure,
    load,
    progress::Progress,
    python_file::PythonFile,
    source_tree::{Fingerprints, Root, Scanner, documents_of, roots_of, take_over_locks},
    watch::{Changes, Watcher},
};
use ravenry_base::report::{Problem, Problems};
use ravenry_config::{
    is_python,
    refused::Refused,
    resolve::{BotSpec, ServerSpec},
};
use ravenry_gateway::bots::deployment::{self, Deployment};

/// How often the directories are looked at again because new ones have appeared among them.
const LOOKS_MAX: usize = 8;

/// Mounts bots again when they have changed.
pub(super) struct Reload {
    source: PathBuf,
    /// Where compiled code is.
    cache: PathBuf,
    limits: Vec<(String, String)>,
    /// What the source says in the place of a manifest, if it is a file in Python that does; as it was the last time that
    /// it could be read.
    manifest: Option<String>,
    declarations: Root,
    roots: HashMap<BotKey, Vec<Root>>,
    documents: HashMap<BotKey, Vec<Root>>,
    scanner: Scanner,
    watcher: Watcher,
    changes: Changes,
    interrupt: Arc<Interrupt>,
    made: HashMap<BotKey, Made>,
    /// The look that the last attempt began with.
    last: View,
    /// What was wrong with declarations the last time; that is not said again.
    told: Vec<Problem>,
    /// What was said of the watching itself.
    warned: BTreeSet<String>,
    /// What plays the platform for these bots.
    simulated: Option<Arc<Simulated>>,
}

impl Reload {
    /// Begins to watch what these bots are made of. To be called before they are built, so that no
    /// change is lost. Where the system cannot tell of changes, that is said and there is no loop.
    pub(super) fn new(
        (source, cache): (&Path, &Path),
        limits: &[(String, String)],
        spec: &ServerSpec,
        progress: &Progress,
    ) -> Option<Self> {
        let changes = Changes::default();
        let watcher = match Watcher::start(changes.clone()) {
            Ok(watcher) => watcher,
            Err(error) => {
                progress.warn(&format!("changes are not noticed: {error}"));
                return None;
            }
        };
        let mut this = Self {
            source: source.to_owned(),
            cache: cache.to_owned(),
            limits: limits.to_owned(),
            manifest: None,
            declarations: Root::of_declarations(source),
            roots: HashMap::new(),
            documents: HashMap::new(),
            scanner: Scanner::default(),
            watcher,
            changes,
            interrupt: Arc::new(Interrupt::default()),
            made: HashMap::new(),
            last: View::default(),
            told: problems(&spec.refused),
            warned: BTreeSet::new(),
            simulated: None,
        };
        this.find_roots(spec, progress);
        this.last = this.look(progress);
        for bot in bots(spec) {
            this.note(
                bot,
                recipe(bot),
                this.last.bots.get(&key(bot)).cloned(),
                true,
            );
        }
        Some(this)
    }

    /// Goes on from what the source said in the place of a manifest, and tells the played platform of every change.
    pub(super) fn beside(
        self,
        manifest: Option<String>,
        simulated: Option<Arc<Simulated>>,
    ) -> Self {
        Self {
            manifest,
            simulated,
            ..self
        }
    }

    /// What ends the loop and the build that it runs, from any thread.
    pub(super) fn stop(&self) -> Arc<dyn Fn() + Send + Sync> {
        let (changes, interrupt) = (self.changes.clone(), Arc::clone(&self.interrupt));
        Arc::new(move || {
            changes.end();
            interrupt.ask();
        })
    }

    /// The bots were built: `spec` has their components. Those that it has not could not be.
    pub(super) fn built(&mut self, spec: &ServerSpec, progress: &Progress) {
        let built: HashMap<BotKey, &BotSpec> = bots(spec).map(|bot| (key(bot), bot)).collect();
        for (key, made) in &mut self.made {
            made.component = built.get(key).map(|bot| bot.source.clone());
        }
        self.take_over_built(progress);
    }

    /// Runs the loop. Bots answer at `address`.
    pub(super) fn run(mut self, deployment: Arc<Deployment>, address: SocketAddr) -> Running {
        let (stop, interrupt) = (self.stop(), Arc::clone(&self.interrupt));
        let (ending, ended) = sync_channel::<()>(1);
        let work = move || {
            // When this is dropped, `Running::end` learns that the loop has ended.
            let _ending = ending;
            while self.changes.wait() {
                self.reload(&deployment, address);
            }
        };
        if let Err(error) = thread::Builder::new().name("reload".to_owned()).spawn(work) {
            tracing::warn!(%error, "changes are not noticed");
        }
        Running {
            stop,
            interrupt,
            ended,
        }
    }

    fn reload(&mut self, deployment: &Arc<Deployment>, address: SocketAddr) {
        let (began, still) = (Instant::now(), Progress::still());
        let now = self.look(&still);
        if now == self.last {
            return;
        }
        let before = std::mem::replace(&mut self.last, now);
        let settings = self.last.declared != before.declared;
        let progress = Progress::logged();
        let outcome = self.attempt(deployment, &before, &progress);
        progress.end();
        // An attempt that the end cuts short is no mistake of the author's.
        if !self.interrupt.is_over() {
            let outcome = outcome.map(|done| done.news(address, began.elapsed(), settings));
            report(outcome, &still);
        }
    }

    /// Reads what is to be served now.
    fn declared(&mut self) -> Result<ServerSpec, Problems> {
        if let Ok(Some(own)) = PythonFile::read(&self.source, &self.cache) {
            self.manifest = Some(own.manifest);
        }
        let spec = load::lenient(&self.source, self.manifest.as_deref(), &self.limits);
        spec.map_err(Failure::into_problems)
    }

    /// Reads, builds and mounts what is not as it was `before`.
    fn attempt(
        &mut self,
        deployment: &Arc<Deployment>,
        before: &View,
        progress: &Progress,
    ) -> Result<Done, Problems> {
        let settings = self.last.declared != before.declared;
        let mut spec = self.declared()?;
        if let Some(simulated) = &self.simulated {
            simulated.prepare(&mut spec);
        }
        self.find_roots(&spec, progress);
        // Settings are seen as they were before they were read, files before they are built.
        let now = self.look(progress);
        (self.last.bots, self.last.documents) = (now.bots, now.documents);
        let mut done = Done::default();
        let news = spec.refused.iter().filter(|it| self.is_news(it, before));
        done.broken.0 = problems(news);
        let told = problems(&spec.refused);
        let mut wanted: Vec<(Recipe, &mut BotSpec)> = Vec::new();
        for bot in spec.tenants.iter_mut().flat_map(|tenant| &mut tenant.bots) {
            let (key, recipe) = (key(bot), recipe(bot));
            let files = self.last.bots.get(&key).cloned();
            let as_it_was =
                |made: &&Made| made.recipe == recipe && Some(&made.files) == files.as_ref();
            match self.made.get(&key).filter(as_it_was) {
                Some(Made {
                    component: Some(component),
                    ..
                }) => bot.source.clone_from(component),
                Some(_) => {}
                None if components::is_to_be_built(bot) => wanted.push((recipe, bot)),
                None => self.note(bot, recipe, files, true),
            }
        }
        let mut to_build: Vec<&mut BotSpec> =
            wanted.iter_mut().map(|(_, bot)| &mut **bot).collect();
        let interrupt = Some(&*self.interrupt);
        let built = components::build_some(&mut to_build, &self.cache, progress, interrupt);
        for ((recipe, bot), problem) in wanted.into_iter().zip(built) {
            let files = self.last.bots.get(&key(bot)).cloned();
            self.note(bot, recipe, files, problem.is_none());
            match problem {
                Some(problem) => {
                    spec.refused.push(components::of(bot, problem.clone()));
                    done.broken.0.push(problem);
                }
                None => done.built.push(bot.name.clone()),
            }
        }
        self.take_over_built(progress);
        if self.interrupt.is_over() {
            return Ok(done);
        }
        // With the same files and the same settings, what could not be mounted still cannot be.
        let goes_on = |made: &Made| made.component.is_none() || made.refused && !settings;
        let kept = |bot: &BotSpec| self.made.get(&key(bot)).is_some_and(goes_on);
        let shown = progress.clone();
        let say: deployment::Progress = Arc::new(move |line: &str| shown.say(line));
        done.applied = deployment.begin(&spec, &kept, &say)?.settle();
        self.told = told;
        for bot in bots(&spec) {
            if let Some(made) = self.made.get_mut(&key(bot)) {
                made.refused =
                    done.applied.refused.contains_key(&key(bot)) || made.refused && !settings;
            }
        }
        Ok(done)
    }

    /// Whether something is wrong that was not before, or with files that are other ones by now.
    fn is_news(&self, refused: &Refused, before: &View) -> bool {
        let Refused {
            tenant,
            bot,
            problem,
        } = refused;
        let made_anew = bot.clone().is_some_and(|bot| {
            let key = (tenant.clone(), bot);
            self.last.bots.get(&key) != before.bots.get(&key)
        });
        let file = problem.place.as_ref().map(|place| &place.file);
        let declared_anew = file.and_then(|file| fs::canonicalize(file).ok());
        let declared_anew = declared_anew
            .is_some_and(|file| self.last.declared.get(&file) != before.declared.get(&file));
        made_anew || declared_anew || !self.told.contains(problem)
    }

    fn note(&mut self, bot: &BotSpec, recipe: Recipe, files: Option<Fingerprints>, good: bool) {
        let made = Made {
            recipe,
            files: files.unwrap_or_default(),
            component: good.then(|| bot.source.clone()),
            refused: false,
        };
        self.made.insert(key(bot), made);
    }

    /// Finds out where the files of each bot are.
    fn find_roots(&mut self, spec: &ServerSpec, progress: &Progress) {
        let caller = Caller {
            progress: &|_| {},
            interrupt: Some(&self.interrupt),
        };
        let (mut wrong, mut workspaces) = (Vec::new(), Vec::new());
        let (mut roots, mut documents) = (HashMap::new(), HashMap::new());
        for bot in bots(spec).chain(&spec.aside) {
            let (found, complaints) = roots_of(bot, &mut workspaces, &caller);
            roots.insert(key(bot), found);
            documents.insert(key(bot), documents_of(bot));
            wrong.extend(complaints);
        }
        // A bot whose declaration cannot be read is still what it was.
        for (key, found) in std::mem::take(&mut self.roots) {
            if spec.is_unread(&key.0, &key.1) {
                roots.entry(key).or_insert(found);
            }
        }
        self.documents = documents;
        self.made.retain(|key, _| roots.contains_key(key));
        self.roots = roots;
        for complaint in wrong {
            self.warn(&complaint, progress);
        }
    }

    /// Looks at everything, after having begun to watch it.
    fn look(&mut self, progress: &Progress) -> View {
        let mut view = View::default();
        for _ in 0..LOOKS_MAX {
            let declared = self.scanner.look(std::slice::from_ref(&self.declarations));
            let (mut directories, mut wanted) = (declared.directories, declared.wanted);
            view.declared = declared.files;
            let parts = [
                (&self.roots, &mut view.bots),
                (&self.documents, &mut view.documents),
            ];
            for (all, files) in parts {
                files.clear();
                for (key, roots) in all {
                    let seen = self.scanner.look(roots);
                    directories.extend(seen.directories);
                    wanted.extend(seen.wanted);
                    files.insert(key.clone(), seen.files);
                }
            }
            let (more, wrong) = self.watcher.follow(&directories, wanted);
            if let Some(wrong) = wrong {
                self.warn(&wrong, progress);
            }
            if !more {
                break;
            }
        }
        view
    }

    /// What a build has written by itself does not call for another one, nor for a look at the settings.
    fn take_over_built(&mut self, progress: &Progress) {
        let now = self.look(progress);
        for (key, now) in &now.bots {
            if let Some(made) = self.made.get_mut(key) {
                take_over_locks(&mut made.files, now);
            }
            if let Some(last) = self.last.bots.get_mut(key) {
                take_over_locks(last, now);
            }
        }
        for made in self.made.values() {
            let (source, command) = &made.recipe;
            // One of cargo lies in its target directory, where nobody looks for bots.
            let is_beside = command.is_some() || is_python(source);
            let component = made.component.as_ref().filter(|_| is_beside);
            let component = component.and_then(|path| fs::canonicalize(path).ok());
            let written = component.and_then(|path| now.declared.get_key_value(&path));
            let written = written.map(|(path, digest)| (path.clone(), *digest));
            self.last.declared.extend(written);
        }
    }

    /// Says something of the watching, once.
    fn warn(&mut self, text: &str, progress: &Progress) {
        if self.warned.insert(text.to_owned()) {
            progress.warn(text);
        }
    }
}
