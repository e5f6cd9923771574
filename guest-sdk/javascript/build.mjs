#!/usr/bin/env node
// Makes a component of a bot in JavaScript or TypeScript:
//
//     node build.mjs bot.js [--output dist/bot.wasm] [--engine quickjs|starlingmonkey] [--wit DIR]
//
// Needs Node 20 or later. What else it needs is installed beside it the first time, as package-lock.json
// says. Where nothing has changed, nothing is built. What is wrong with the bot is said on stderr, with
// its file and line, and the exit code is 1.

import { parseArgs } from "node:util";
import { basename, dirname, extname, join, resolve } from "node:path";
import { existsSync } from "node:fs";
import { AuthorError } from "./build/author_error.mjs";
import { install } from "./build/install.mjs";

const USAGE = "usage: build.mjs FILE [--output PATH] [--engine quickjs|starlingmonkey] [--wit DIR]";
const ENGINES = ["quickjs", "starlingmonkey"];

/** What the command line asks for. */
function asked() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            output: { type: "string" },
            engine: { type: "string", default: "quickjs" },
            wit: { type: "string" },
        },
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new AuthorError(USAGE);
    if (!ENGINES.includes(values.engine)) {
        throw new AuthorError(`there is no engine \`${values.engine}\`: it is one of ${ENGINES.join(", ")}`);
    }
    if (!existsSync(file)) throw new AuthorError(`there is no file ${file}`);
    const name = `${basename(file, extname(file))}.wasm`;
    const output = resolve(values.output ?? join(dirname(file), "dist", name));
    return { file: resolve(file), output, engine: values.engine, wit: values.wit };
}

try {
    const wanted = asked();
    install();
    const { build } = await import("./build/build.mjs");
    await build(wanted);
} catch (error) {
    if (!(error instanceof AuthorError) && error?.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
}
