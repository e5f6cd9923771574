// The tools of a build, installed from the npm registry as a lock file says.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AuthorError } from "./author_error.mjs";

/** The directory of this package. */
export const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

/** Installs what a directory's lock file names, the first time and when that file has changed. */
export function install(directory = PACKAGE) {
    const lock = join(directory, "package-lock.json");
    const installed = join(directory, "node_modules", "installed-from.json");
    if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) return;
    console.error("installing tools for JavaScript");
    const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: directory,
        stdio: ["ignore", 2, 2],
        shell: process.platform === "win32",
    });
    if (error) throw new AuthorError(`npm cannot be run: ${error.message}`);
    if (status !== 0) throw new AuthorError("npm could not install the tools; it says above why");
    copyFileSync(lock, installed);
}
