//! Files in a directory of their own, and variables; errors with the directory shown as `DIR`.

use std::path::Path;

use tempfile::TempDir;

use super::super::{
    ServerSpec, Unfit, World, load_directory, load_manifest, load_operator, load_path, load_tenant,
};
use crate::ids::TenantName;
use ravenry_base::report::Problems;

/// What a load finds.
pub(super) struct Scene {
    dir: TempDir,
    variables: Vec<(String, String)>,
    flags: Vec<(String, String)>,
}

/// What a load gives: the spec, or the whole text of the errors.
pub(super) type Loaded = Result<ServerSpec, String>;

impl Scene {
    /// Files by path; directories come with them.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let scene = Self {
            dir,
            variables: Vec::new(),
            flags: Vec::new(),
        };
        for (path, text) in files {
            scene.write(path, text.as_bytes());
        }
        scene
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn manifest(&self, path: &str) -> Loaded {
        self.whole(path, load_manifest)
    }

    pub(super) fn directory(&self, path: &str) -> Loaded {
        self.whole(path, load_directory)
    }

    pub(super) fn path(&self, path: &str) -> Loaded {
        self.whole(path, load_path)
    }

    /// What a path names, as far as it can be served.
    pub(super) fn served_path(&self, path: &str) -> Loaded {
        self.load(path, load_path)
    }

    fn whole(&self, path: &str, load: impl Load) -> Loaded {
        self.load(path, |path, flags, world| load(path, flags, world)?.whole())
    }

    /// An operator's file; what is wrong with any tenant of it is an error.
    pub(super) fn operator(&self, path: &str) -> Loaded {
        self.whole(path, load_operator)
    }

    /// An operator's file, as far as it can be served.
    pub(super) fn served(&self, path: &str) -> Loaded {
        self.load(path, load_operator)
    }

    /// Makes a link at `path` that leads to `to`.
    pub(super) fn link(&self, path: &str, to: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, path).unwrap();
    }

    /// One tenant of an operator's file.
    pub(super) fn only(&self, tenant: &str, path: &str) -> Loaded {
        let tenant = TenantName::parse(tenant).unwrap();
        self.load(path, |path, flags, world| {
            load_tenant(path, &tenant, flags, world)
        })
    }

    /// The whole path of a file or directory.
    pub(super) fn path_of(&self, path: &str) -> String {
        self.dir.path().join(path).display().to_string()
    }

    /// A path of the scene, shown.
    pub(super) fn shown(&self, path: &Path) -> String {
        path.display()
            .to_string()
            .replace(&self.dir.path().display().to_string(), "DIR")
    }

    fn load(&self, path: &str, load: impl Load) -> Loaded {
        let env = |name: &str| {
            self.variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let unfit = |path: &Path| {
            let said = std::fs::read(path).is_ok_and(|content| content == b"unfit");
            said.then(|| Unfit {
                cause: "it says so".to_owned(),
                hint: Some("build it again".to_owned()),
            })
        };
        let world = World {
            stand_in: None,
            variable: &env,
            unfit: &unfit,
        };
        let loaded = load(&self.dir.path().join(path), &self.flags, world);
        loaded.map_err(|problems| self.shown(Path::new(&problems.to_string())))
    }
}

trait Load: Fn(&Path, &[(String, String)], World<'_>) -> Result<ServerSpec, Problems> {}

impl<L> Load for L where L: Fn(&Path, &[(String, String)], World<'_>) -> Result<ServerSpec, Problems>
{}
