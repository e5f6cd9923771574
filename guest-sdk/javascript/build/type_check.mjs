// TypeScript is checked before it is bundled, where its directory has a tsconfig.json: the bundler only
// strips types.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { AuthorError } from "./author_error.mjs";

/** Checks the types of a bot in TypeScript. What is wrong is said by the compiler, with file and line. */
export function checkTypes(file) {
    const directory = dirname(file);
    if (extname(file) !== ".ts" || !existsSync(join(directory, "tsconfig.json"))) return;
    const compiler = join(directory, "node_modules", "typescript", "bin", "tsc");
    if (!existsSync(compiler)) return;
    const { status } = spawnSync(process.execPath, [compiler, "--noEmit"], { cwd: directory, stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new AuthorError("the types do not fit; the compiler says above where");
}
