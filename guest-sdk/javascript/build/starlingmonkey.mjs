// The component on StarlingMonkey. Its tools are large, and installed where somebody asks for it.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, PACKAGE } from "./install.mjs";

const TOOLS = join(PACKAGE, "build/starlingmonkey");

/** Makes a component of a module. */
export async function componentize(code, interfaces) {
    install(TOOLS);
    // Not before they are installed.
    const { componentize: engine } = await import("./starlingmonkey/engine.mjs");
    const directory = mkdtempSync(join(tmpdir(), "ravenry-starlingmonkey-"));
    try {
        layOut(interfaces, join(directory, "wit"));
        const source = join(directory, "bundle.js");
        writeFileSync(source, code);
        const { component } = await engine({
            sourcePath: source,
            witPath: join(directory, "wit"),
            worldName: "starlingmonkey",
            disableFeatures: ["fetch-event"],
        });
        return component;
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}

/** Lays the interface out as the tool wants it, below our world. */
function layOut(interfaces, to) {
    const bot = join(to, "deps/ravenry-bot");
    mkdirSync(bot, { recursive: true });
    for (const name of readdirSync(interfaces).filter((name) => name.endsWith(".wit")))
        cpSync(join(interfaces, name), join(bot, name));
    cpSync(join(interfaces, "deps"), join(to, "deps"), { recursive: true });
    cpSync(join(PACKAGE, "wit/starlingmonkey.wit"), join(to, "starlingmonkey.wit"));
}
