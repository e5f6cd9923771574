// Makes dist/bot.wasm from bot.js, or from bot.ts where there is a tsconfig.json. Needs Node 20 or
// later; what else it needs is installed into node_modules, as package-lock.json says, the first time
// and when that file has changed.

import { spawnSync } from "node:child_process";
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(fileURLToPath(import.meta.url)));

// The interface: beside this file, or where the gateway's repository has it.
const WIT = existsSync("wit") ? "wit" : "../../wit";
const LOCK = "package-lock.json";
const INSTALLED = "node_modules/installed-from.json";
const COMPONENT = "dist/bot.wasm";

function run(program, ...args) {
    const { status, error } = spawnSync(program, args, { stdio: ["ignore", 2, 2] });
    if (error) throw error;
    if (status !== 0) process.exit(status ?? 1);
}

function install() {
    if (existsSync(INSTALLED) && readFileSync(INSTALLED).equals(readFileSync(LOCK))) return;
    console.error("installing tools into node_modules");
    run("npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error");
    copyFileSync(LOCK, INSTALLED);
}

/** Whether the component is newer than all that it is made from. */
function isFresh() {
    if (!existsSync(COMPONENT)) return false;
    const built = statSync(COMPONENT).mtimeMs;
    const made = readdirSync(".").filter((name) => /\.(js|mjs|ts|json|wit)$/.test(name));
    const wit = readdirSync(WIT, { recursive: true }).map((name) => join(WIT, name));
    return [...made, ...wit].every((name) => statSync(name).mtimeMs < built);
}

/**
 * Lays the interface out as the tool wants it, below the world of wasi.wit.
 *
 * Left out is what names a resource of WASI, `answer.subscribe`: the tool's own copy of the resource
 * does not fit it (componentize-qjs 0.4.5). `answer.read` waits without it.
 */
function layOut(to) {
    const package_ = join(to, "deps/ravenry-bot");
    mkdirSync(package_, { recursive: true });
    for (const name of readdirSync(WIT).filter((name) => name.endsWith(".wit"))) {
        const text = readFileSync(join(WIT, name), "utf8")
            .replace(/^ *use wasi:io\/poll@.*\n/gm, "")
            .replace(/^( *\/\/\/.*\n)* *subscribe: func\(\) -> pollable;\n/gm, "");
        writeFileSync(join(package_, name), text);
    }
    const keyvalue = "deps/wasi-keyvalue";
    mkdirSync(join(to, keyvalue), { recursive: true });
    for (const name of readdirSync(join(WIT, keyvalue)))
        copyFileSync(join(WIT, keyvalue, name), join(to, keyvalue, name));
    copyFileSync("wasi.wit", join(to, "wasi.wit"));
}

/** The module to begin with; TypeScript is checked and translated first. */
function entry() {
    if (!existsSync("tsconfig.json")) return "bot.js";
    run("node_modules/.bin/tsc", "--outDir", "build/js");
    copyFileSync("ravenry.js", "build/js/ravenry.js");
    return "build/js/bot.js";
}

install();
if (!isFresh()) {
    rmSync("build", { recursive: true, force: true });
    layOut("build/wit");
    mkdirSync("dist", { recursive: true });
    // Without `--sync` the component has types of WASI 0.3, which an engine for plain functions refuses.
    run(
        "node_modules/.bin/componentize-qjs",
        ...["--sync", "--wit", "build/wit", "--world", "script"],
        ...["--js", entry(), "--output", "build/bot.wasm"],
    );
    renameSync("build/bot.wasm", COMPONENT);
}
