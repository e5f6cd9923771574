//! What a bot is made of: where it is, and whether there is something.

use std::path::{Path, PathBuf};

use super::Loader;
use crate::{discover, manifest::BotEntry};
use ravenry_base::report::Problem;

impl Loader<'_> {
    /// The path of what a bot is made of. Must be there, unless a command of the author's makes it;
    /// if it is not, the bot goes on to the checks that come, so that their problems show as well.
    pub(super) fn source(&mut self, entry: &BotEntry, dir: &Path, home: &Path) -> PathBuf {
        let Some((path, place)) = &entry.source else {
            let here = if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            };
            if entry.build.is_none() && !entry.source_refused && !discover::is_crate(here) {
                self.problems.push(Problem {
                    message: format!("`source` is missing in [bot.{}]", entry.name),
                    place: Some(entry.place.clone()),
                    hint: Some(format!("write `source = \"{}\"`: a directory, a .wasm or a .py file, relative to this file", entry.name)),
                    ..Problem::default()
                });
            }
            return here.to_owned();
        };
        let source = dir.join(path);
        let what = format!("`source` of bot `{}`", entry.name);
        if let Some(leaves) = self.leaves(home, &source, &what, Some(place.clone())) {
            self.problems.push(leaves);
            return source;
        }
        if entry.build.is_some() {
            return source;
        }
        match source.metadata() {
            Ok(found) if found.is_file() && !discover::is_python(&source) => {
                self.problems
                    .extend((self.world.unfit)(&source).map(|unfit| Problem {
                        message: format!("bot `{}` cannot be mounted", entry.name),
                        causes: vec![format!("`{}`: {}", source.display(), unfit.cause)],
                        place: Some(entry.place.clone()),
                        hint: unfit.hint,
                    }));
            }
            Ok(_) => {}
            Err(error) => self.problems.push(Problem {
                message: format!(
                    "bot `{}` has nothing to run: `{}` cannot be read",
                    entry.name,
                    source.display()
                ),
                causes: vec![error.to_string()],
                place: Some(place.clone()),
                hint: Some("correct `source`; it is relative to the file that names it".to_owned()),
            }),
        }
        source
    }
}
