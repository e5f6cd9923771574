// Packages of ours, as a bundle has them.

import { readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { transform } from "esbuild";
import { PACKAGE } from "./install.mjs";

/** These do nothing while they are loaded but do not say so: what is not used of them is left out. */
const PURE =
    /^(core-js-pure|event-target-shim|web-streams-polyfill|@ungap\/structured-clone|@exodus\/bytes|eventsource-parser)(\/|$)/;

/** This one relies on a browser's decoder where packages are taken as a browser has them. */
const ENCODING = join(PACKAGE, "node_modules/@exodus/bytes");

/** Our code and that of these packages; an author's may stand below the same directory. */
const OURS = [join(PACKAGE, "src"), join(PACKAGE, "node_modules")];

/** A plugin of the bundler for them. */
export function ownPackages() {
    return {
        name: "own-packages",
        setup(build) {
            // Made small one by one: the author's code stays as it is, line for line, because traces name its lines.
            build.onLoad({ filter: /\.(ts|js|mjs)$/ }, async ({ path }) => {
                if (!OURS.some((directory) => path.startsWith(directory))) return undefined;
                const loader = extname(path) === ".ts" ? "ts" : "js";
                const { code } = await transform(await readFile(path, "utf8"), {
                    loader,
                    minify: true,
                    target: "esnext",
                });
                return { contents: code, loader: "js" };
            });
            build.onResolve({ filter: /^(\.|@exodus\/bytes\/)/ }, ({ path, importer }) => {
                if (!importer.startsWith(ENCODING)) return undefined;
                const file = path.startsWith(".")
                    ? join(dirname(importer), path)
                    : join(ENCODING, path.slice("@exodus/bytes/".length));
                return { path: file, sideEffects: false };
            });
            build.onResolve({ filter: PURE }, async ({ path, kind, importer, pluginData }) => {
                if (pluginData === "resolved" || !importer.startsWith(join(PACKAGE, "src"))) return undefined;
                const found = await build.resolve(path, {
                    kind,
                    importer,
                    resolveDir: PACKAGE,
                    pluginData: "resolved",
                });
                return { ...found, sideEffects: false };
            });
        },
    };
}
