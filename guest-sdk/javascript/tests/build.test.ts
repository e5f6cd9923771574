// What cannot work is said by the build, with the author's line, and the component that was there stays.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const TOOL = fileURLToPath(new URL("../../build.mjs", import.meta.url));

let directory = "";
before(() => {
    directory = mkdtempSync(join(tmpdir(), "ravenry-build-"));
});
after(() => rmSync(directory, { recursive: true }));

function write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
    }
}

function build(...args: string[]): { status: number | null; said: string } {
    const { status, stderr } = spawnSync(process.execPath, [TOOL, ...args], { cwd: directory, encoding: "utf8" });
    return { status, said: stderr };
}

const BOT = 'import { bot } from "ravenry";\n';
const EXPORT = 'export default bot({ respond(query, reply) { reply.text("hi"); } });\n';

const REFUSED: Record<string, { files: Record<string, string>; says: RegExp }> = {
    "a module of Node": {
        files: { "bot.js": `${BOT}import { readFileSync } from "fs";\n${EXPORT}readFileSync("x");` },
        says: /bot\.js:2:\d+: `fs` is a module of Node, and a component has none of them\. instead: import files as text/,
    },
    "a module of Node within a package": {
        files: {
            "bot.js": `${BOT}import "deep";\n${EXPORT}`,
            "node_modules/deep/package.json": '{"name":"deep","main":"index.js"}',
            "node_modules/deep/index.js": 'require("node:net");',
        },
        says: /node_modules\/deep\/index\.js:1:\d+: `node:net` is a module of Node/,
    },
    "a native package": {
        files: {
            "bot.js": `${BOT}import native from "native";\n${EXPORT}native();`,
            "node_modules/native/package.json": '{"name":"native","main":"index.js"}',
            "node_modules/native/index.js": 'module.exports = require("./x.node");',
            "node_modules/native/x.node": "",
        },
        says: /`\.\/x\.node` is code for one kind of machine/,
    },
    "a package that is not there": {
        files: { "bot.js": `${BOT}import x from "nowhere";\n${EXPORT}x();` },
        says: /bot\.js:2:\d+: Could not resolve "nowhere"/,
    },
    "what no engine has": {
        files: {
            "bot.js": `${BOT}const format = new Intl.NumberFormat("de"); // "Intl"\n${EXPORT}format.format(typeof Intl);`,
        },
        says: /^error: bot\.js:2: `Intl` is not there: neither engine has it[^\n]*\n$/,
    },
    "a mistake of syntax": {
        files: { "bot.js": `${BOT}export default bot({ respond() {\n` },
        says: /bot\.js:3:\d+: Unexpected end of file/,
    },
    "waiting while modules are loaded": {
        files: { "bot.js": `${BOT}await Promise.resolve();\n${EXPORT}` },
        says: /bot\.js:2:1: nothing can be waited for while modules are loaded/,
    },
    "an error while modules are loaded": {
        files: {
            "bot.js": `${BOT}import { helper } from "./helper.js";\nhelper();\n${EXPORT}`,
            "helper.js": "export function helper() {\n    const none = undefined;\n    return none.name;\n}\n",
        },
        says: /bot\.js fails while it is loaded: cannot read property 'name' of undefined\n {4}at helper \(helper\.js:3\)\n {4}at <anonymous> \(bot\.js:3\)/,
    },
    "no bot": {
        files: { "bot.js": "export const x = 1;\n" },
        says: /bot\.js exports no bot: end it with `export default bot/,
    },
    "a bot that answers nothing": {
        files: { "bot.js": `${BOT}export default bot({ answer() {} });\n` },
        says: /a bot has a function `respond\(query, reply\)`\n {4}at <anonymous> \(bot\.js:2\)/,
    },
};

test("a bot is built, is not built again, and stays where a later build fails", () => {
    write({
        "bot.js": `${BOT}import prompt from "./prompt.txt";\nimport { shout } from "pure";\nexport default bot({ respond: (query, reply) => reply.text(shout(prompt)) });\n`,
        "prompt.txt": "hi",
        "node_modules/pure/package.json": '{"name":"pure","main":"index.js"}',
        "node_modules/pure/index.js": "exports.shout = (text) => text.toUpperCase();",
    });
    assert.deepEqual(build("bot.js"), { status: 0, said: "" });
    const component = join(directory, "dist/bot.wasm");
    const first = statSync(component).mtimeMs;
    // The names of WASI are the standard's.
    const text = readFileSync(component).toString("latin1");
    assert.ok(text.includes("wasi:http/outgoing-handler@0.2.11"));
    assert.deepEqual(build("bot.js"), { status: 0, said: "" });
    assert.equal(statSync(component).mtimeMs, first);
    for (const [what, { files, says }] of Object.entries(REFUSED)) {
        write(files);
        const { status, said } = build("bot.js");
        assert.equal(status, 1, what);
        assert.match(said, says, what);
        assert.match(said, /^error: /, what);
        assert.equal(said.split("error:").length, 2, `${what}: one error\n${said}`);
    }
    assert.equal(statSync(component).mtimeMs, first);
});

test("TypeScript is built as it is", () => {
    write({
        "typed.ts": `import { bot, type Query, type Reply } from "ravenry";
interface Mood { name: string }
const mood: Mood = { name: "good" };
export default bot({ respond(query: Query, reply: Reply): void { reply.text(mood.name satisfies string); } });
`,
    });
    assert.deepEqual(build("typed.ts", "--output", "out/typed.wasm"), { status: 0, said: "" });
    assert.ok(statSync(join(directory, "out/typed.wasm")).size > 1_000_000);
});

test("what is asked of the tool is checked", () => {
    assert.match(build().said, /^error: usage: /);
    assert.match(build("none.js").said, /^error: there is no file none\.js/);
    assert.match(
        build("bot.js", "--engine", "v8").said,
        /^error: there is no engine `v8`: it is one of quickjs, starlingmonkey/,
    );
    assert.match(build("--nope").said, /^error: Unknown option/);
});
