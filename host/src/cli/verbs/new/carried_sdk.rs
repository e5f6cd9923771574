//! The SDK for Rust as this program carries it, for a new bot that lies in no checkout.
//!
//! Sources and licences are embedded as they are. Its `Cargo.toml` refers to the workspace of this
//! project, which is not there: what it takes from it is written out.

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};

use super::templates::{File, WIT};

/// Where the SDK lies, from the new bot's directory. Its interface lies beside it, as in a checkout.
pub(super) const PLACE: &str = "sdk/guest-sdk";

/// Where the interface lies: the paths of its files begin with `wit/`.
const AROUND: &str = "sdk";

/// A package of it: where it lies below [`AROUND`], its manifest, and its files.
struct Package {
    place: &'static str,
    manifest: &'static str,
    files: &'static [(&'static str, Dir<'static>)],
}

const PACKAGES: &[Package] = &[
    Package {
        place: "guest-sdk",
        manifest: include_str!("../../../../../guest-sdk/Cargo.toml"),
        files: &[
            ("src", include_dir!("$CARGO_MANIFEST_DIR/../guest-sdk/src")),
            // The documentation shows them, and so they must be there.
            (
                "examples",
                include_dir!("$CARGO_MANIFEST_DIR/../guest-sdk/examples"),
            ),
        ],
    },
    // The SDK stands on it.
    Package {
        place: "host/protocol",
        manifest: include_str!("../../../../protocol/Cargo.toml"),
        files: &[("src", include_dir!("$CARGO_MANIFEST_DIR/protocol/src"))],
    },
];

const WORKSPACE: &str = include_str!("../../../../../Cargo.toml");

/// What both SDKs are under.
pub(super) const LICENCES: &[File] = &[
    (
        "LICENSE-APACHE",
        include_str!("../../../../../LICENSE-APACHE"),
    ),
    ("LICENSE-MIT", include_str!("../../../../../LICENSE-MIT")),
];

/// Writes it below the directory of a new bot.
pub(super) fn write(bot: &Path) -> io::Result<()> {
    for package in PACKAGES {
        let directory = bot.join(AROUND).join(package.place);
        for (name, files) in package.files {
            let below = directory.join(name);
            fs::create_dir_all(&below)?;
            files.extract(&below)?;
        }
        let manifest = alone(package.manifest, WORKSPACE);
        fs::write(directory.join("Cargo.toml"), manifest)?;
        for (name, text) in LICENCES {
            fs::write(directory.join(name), text)?;
        }
    }
    for (path, text) in WIT {
        let file = bot.join(AROUND).join(path);
        fs::create_dir_all(file.parent().unwrap_or(bot))?;
        fs::write(file, text)?;
    }
    Ok(())
}

/// The manifest of a package that needs no workspace: what it takes from there stands in its place. The
/// lints stay here; they are for work on the SDK itself. The packages lie beside one another as in the workspace.
fn alone(manifest: &str, workspace: &str) -> String {
    let lines = manifest.replace("\n[lints]\nworkspace = true\n", "");
    lines
        .lines()
        .flat_map(|line| [written_out(line, workspace), "\n".to_owned()])
        .collect::<String>()
        .replace("{ path = \"", "{ path = \"../")
}

/// A line of a manifest without what it takes from the workspace. Features that it adds stand before those of the
/// workspace.
fn written_out(line: &str, workspace: &str) -> String {
    let said = |name: &str| {
        let beginning = format!("{name} = ");
        let mut lines = workspace.lines();
        lines.find(|line| line.starts_with(&beginning))
    };
    let whole = line.strip_suffix(".workspace = true").and_then(said);
    let whole = whole.map(str::to_owned);
    let widened = line.split_once(" = { workspace = true, features = [");
    let widened = widened.and_then(|(name, rest)| {
        let features = format!("features = [{}, ", rest.strip_suffix("] }")?);
        Some(said(name)?.replacen("features = [", &features, 1))
    });
    whole.or(widened).unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_takes_from_its_workspace_is_written_out() {
        let manifest = "[package]\nname = \"sdk\"\nversion.workspace = true\n\n[dependencies]\nbeside.workspace = true\nurl.workspace = true\n\n\
                        [dev-dependencies]\njson = { workspace = true, features = [\"raw\"] }\n\n\
                        [lints]\nworkspace = true\n\n[[example]]\nname = \"echo\"\n";
        let workspace = "[workspace.package]\nversion = \"1.2.3\"\n[workspace.dependencies]\nbeside = { path = \"a/beside\" }\nurl = { version = \"2\" }\njson = { version = \"1\", features = [\"ordered\"] }\n";
        let wanted = "[package]\nname = \"sdk\"\nversion = \"1.2.3\"\n\n[dependencies]\nbeside = { path = \"../a/beside\" }\nurl = { version = \"2\" }\n\n\
                      [dev-dependencies]\njson = { version = \"1\", features = [\"raw\", \"ordered\"] }\n\n\
                      [[example]]\nname = \"echo\"\n";
        assert_eq!(alone(manifest, workspace), wanted);
    }

    #[test]
    fn nothing_of_the_carried_one_is_left_in_the_workspace() {
        for package in PACKAGES {
            let alone = alone(package.manifest, WORKSPACE);
            assert!(!alone.contains("workspace"), "{alone}");
        }
    }
}
