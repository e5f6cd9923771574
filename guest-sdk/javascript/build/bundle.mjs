// The author's modules, this package and what both import, as one module that an engine can run.

import { basename, dirname, join, relative } from "node:path";
import * as esbuild from "esbuild";
import { AuthorError } from "./author_error.mjs";
import { globalsOf } from "./engine_globals.mjs";
import { PACKAGE } from "./install.mjs";
import { linesOf } from "./line_map.mjs";
import { missingGlobals } from "./missing_globals.mjs";
import { ownPackages } from "./own_packages.mjs";
import { refusedModules } from "./refused_modules.mjs";

/** Syntax that QuickJS runs on a queue of its own, which a component without `async` types never empties. */
const LOWERED = { "async-await": false, "async-generator": false, "for-await": false, using: false };

/**
 * Bundles a bot for an engine.
 *
 * Returns the code, where its lines are from, and what is worth a warning.
 */
export async function bundle(file, engine) {
    const directory = dirname(file);
    const missing = missingGlobals(engine);
    const result = await esbuild
        .build({
            stdin: { contents: entryOf(file), resolveDir: directory, sourcefile: "entry.js" },
            absWorkingDir: directory,
            bundle: true,
            format: "esm",
            platform: "neutral",
            mainFields: ["module", "browser", "main"],
            conditions: ["ravenry", "worker", "browser", "module", "import"],
            target: "esnext",
            supported: engine === "quickjs" ? LOWERED : { using: false },
            alias: {
                ravenry: join(PACKAGE, "src/index.ts"),
                "ravenry/engine": join(PACKAGE, `src/web/${engine}.ts`),
                "ravenry/component": join(PACKAGE, "src/component/component.ts"),
                "ravenry/wait": join(PACKAGE, `src/component/wait_${engine}.ts`),
            },
            inject: [join(PACKAGE, "src/web", globalsOf(engine))],
            external: ["ravenry:*", "wasi:*", "xasi:*"],
            define: { ...missing.define, RAVENRY_WIDE_NUMBERS: String(engine === "starlingmonkey") },
            plugins: [refusedModules(), ownPackages()],
            // Names of functions and classes are in traces and in messages.
            keepNames: false,
            charset: "utf8",
            treeShaking: true,
            write: false,
            outfile: "bundle.js",
            sourcemap: "external",
            sourcesContent: false,
            legalComments: "none",
            logLevel: "silent",
        })
        .catch((error) => {
            throw new AuthorError(messagesOf(error.errors ?? [{ text: String(error) }]));
        });
    const [map, code] = ["bundle.js.map", "bundle.js"].map(
        (name) => result.outputFiles.find((one) => basename(one.path) === name)?.text ?? "",
    );
    const lines = linesOf(map, (source) => isOurs(join(directory, source)));
    const missed = missing.find(code, lines);
    if (missed.errors.length > 0) throw new AuthorError(missed.errors.join("\nerror: "));
    return {
        code: `${missed.code}\nglobalThis[Symbol.for("ravenry.lines")] = ${JSON.stringify(lines)};\n`,
        lines,
        warnings: [...result.warnings.filter(isAuthors).map(messageOf), ...missed.warnings],
    };

    function isAuthors(warning) {
        const named = warning.location?.file;
        return named !== undefined && !named.includes("node_modules") && !isOurs(join(directory, named));
    }
}

function entryOf(file) {
    const named = JSON.stringify(`./${relative(dirname(file), file)}`);
    // The engine's globals come first: the author's modules may use them while they are loaded.
    return [
        'import "ravenry/engine";',
        `import * as authored from ${named};`,
        'import { component } from "ravenry/component";',
        `export const handler = component(authored, ${JSON.stringify(basename(file))});`,
    ].join("\n");
}

function isOurs(path) {
    return path.startsWith(join(PACKAGE, "src")) || path.includes(join(PACKAGE, "node_modules"));
}

function messagesOf(errors) {
    return errors.map(messageOf).join("\nerror: ");
}

function messageOf({ text: said, location, notes }) {
    const text = said.startsWith("Top-level await")
        ? "nothing can be waited for while modules are loaded; wait in `respond`"
        : said;
    const where = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
    // What a plugin adds for the author; what the bundler adds is about its own options.
    const more = (notes ?? []).filter((note) => note.text.startsWith("instead:")).map((note) => ` ${note.text}`);
    return `${where}${text}${more.join("")}`;
}
