// The component on QuickJS.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentize as engine } from "componentize-qjs";
import { renameImports } from "./component_imports.mjs";
import { PACKAGE } from "./install.mjs";

/** Makes a component of a module. `wit/quickjs.wit` says what is renamed, and why. */
export async function componentize(code, interfaces) {
    const directory = mkdtempSync(join(tmpdir(), "ravenry-wit-"));
    try {
        layOut(interfaces, directory);
        const { component } = await engine({
            witPath: directory,
            jsSource: code,
            world: "quickjs",
            // Without it the component has types of WASI 0.3, which an engine for plain functions refuses.
            sync: true,
        });
        return renameImports(component, "xasi:", "wasi:");
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}

/** Lays the interface out as the tool wants it, below our world. */
function layOut(interfaces, to) {
    const bot = join(to, "deps/ravenry-bot");
    mkdirSync(bot, { recursive: true });
    for (const name of readdirSync(interfaces).filter((name) => name.endsWith(".wit"))) {
        const text = readFileSync(join(interfaces, name), "utf8");
        writeFileSync(join(bot, name), text.replace(/wasi:io\/poll@\d+\.\d+\.\d+/g, "xasi:io/poll@0.2.11"));
    }
    cpSync(join(interfaces, "deps/wasi-keyvalue"), join(to, "deps/wasi-keyvalue"), { recursive: true });
    writeFileSync(join(to, "quickjs.wit"), readFileSync(join(PACKAGE, "wit/quickjs.wit")));
}
