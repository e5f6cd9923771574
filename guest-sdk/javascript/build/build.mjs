// One build, from the author's file to the component.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AuthorError } from "./author_error.mjs";
import { bundle } from "./bundle.mjs";
import { PACKAGE } from "./install.mjs";
import { translated } from "./line_map.mjs";
import { checkTypes } from "./type_check.mjs";

/** Builds one bot. */
export async function build({ file, output, engine, wit }) {
    const interfaces = wit ?? interfacesOfGateway();
    checkTypes(file);
    const bundled = await bundle(file, engine);
    for (const warning of bundled.warnings) console.error(`warning: ${warning}`);
    const fingerprint = fingerprintOf(bundled.code, interfaces, engine);
    if (isFresh(output, fingerprint)) return;
    const { componentize } = await import(`./${engine}.mjs`);
    const component = await componentize(bundled.code, interfaces).catch((error) => {
        throw new AuthorError(failed(file, error, bundled.lines));
    });
    mkdirSync(dirname(output), { recursive: true });
    // In one step, so that nobody reads half a component.
    writeFileSync(`${output}.new`, component);
    renameSync(`${output}.new`, output);
    writeFileSync(markOf(output), fingerprint);
}

/** The directory with the gateway's interface: carried along, or where the gateway's repository has it. */
function interfacesOfGateway() {
    const places = [join(PACKAGE, "wit", "bot"), join(PACKAGE, "..", "..", "wit")];
    const found = places.find((place) => existsSync(join(place, "world.wit")));
    if (found === undefined) throw new AuthorError(`no interface of the gateway is in ${places.join(" or ")}`);
    return found;
}

/** What a component is made from, in a few characters. */
function fingerprintOf(code, interfaces, engine) {
    const hash = createHash("sha256").update(engine).update(code);
    const tools = readdirSync(join(PACKAGE, "build")).filter((name) => name.endsWith(".mjs"));
    const files = [
        join(PACKAGE, "package-lock.json"),
        ...tools.map((name) => join(PACKAGE, "build", name)),
        ...witBelow(interfaces),
        ...witBelow(join(PACKAGE, "wit")),
    ];
    for (const name of files) hash.update(readFileSync(name));
    return hash.digest("hex");
}

function witBelow(directory) {
    const names = readdirSync(directory, { recursive: true }).filter((name) => name.endsWith(".wit"));
    return names.sort().map((name) => join(directory, name));
}

function markOf(output) {
    return join(dirname(output), `.${basename(output)}.made-from`);
}

function isFresh(output, fingerprint) {
    const mark = markOf(output);
    return existsSync(output) && existsSync(mark) && readFileSync(mark, "utf8") === fingerprint;
}

/** What QuickJS says before it says what happened. */
const PREAMBLE =
    /^(: )?Failed to evaluate user JavaScript module: Failed to finish JavaScript module evaluation: (Error: )?/;

/** What an engine says of code that it cannot begin with, with the author's lines in place of the bundle's. */
function failed(file, error, lines) {
    const said = translated(String(error?.message ?? error), lines)
        .replace(PREAMBLE, "")
        .trim();
    return `${basename(file)} fails while it is loaded: ${said}`;
}
