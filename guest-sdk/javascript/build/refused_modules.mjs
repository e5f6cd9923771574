// Modules that no component can have: those of Node, and packages with code for one machine. They are
// refused while the bundle is made, with the line that imports them and what to use instead.

import { builtinModules } from "node:module";

const NODE = new Set(builtinModules);

/** What a bot has in place of a module of Node. */
const INSTEAD = {
    fs: 'instead: import files as text (`import prompt from "./prompt.txt"`), or keep values with `store`',
    http: "instead: `fetch`",
    https: "instead: `fetch`",
    net: "instead: `fetch`, to the hosts of the manifest",
    crypto: "instead: `crypto.getRandomValues` and `crypto.randomUUID`",
    events: "instead: `EventTarget`",
    timers: "instead: `setTimeout`, or `sleep` of `ravenry`",
    util: "instead: `TextEncoder` and `TextDecoder`, `structuredClone`",
    url: "instead: the global `URL`",
    buffer: "instead: `Uint8Array`, with `TextEncoder` and `TextDecoder`",
    process: "instead: `env` of `ravenry`, which is the bot's config",
    child_process: "instead: nothing; a component starts no processes",
    worker_threads: "instead: nothing; a component has one thread",
};

/** A plugin of the bundler that refuses them. */
export function refusedModules() {
    return {
        name: "refused-modules",
        setup(build) {
            build.onResolve(
                { filter: /^(node:)?[a-z_]+(\/[a-z]+)?$/ },
                async ({ path, kind, importer, resolveDir, pluginData }) => {
                    const name = path.replace(/^node:/, "");
                    if (!NODE.has(name) || pluginData === "looked up") return undefined;
                    // A package may have the name of a module of Node, as `events` and `buffer` do.
                    if (!path.startsWith("node:")) {
                        const found = await build.resolve(path, {
                            kind,
                            importer,
                            resolveDir,
                            pluginData: "looked up",
                        });
                        if (found.errors.length === 0 && found.path) return found;
                    }
                    return {
                        errors: [
                            refusal(
                                `\`${path}\` is a module of Node, and a component has none of them.`,
                                INSTEAD[name.split("/")[0]],
                            ),
                        ],
                    };
                },
            );
            build.onResolve({ filter: /\.node$/ }, ({ path }) => ({
                errors: [
                    refusal(
                        `\`${path}\` is code for one kind of machine, which a component cannot run.`,
                        "instead: a package of pure JavaScript",
                    ),
                ],
            }));
            build.onLoad(
                { filter: /[\\/]node-gyp-build[\\/]|[\\/]bindings[\\/]bindings\.js$|[\\/]prebuild-install[\\/]/ },
                () => ({
                    errors: [
                        refusal(
                            "this package loads code for one kind of machine, which a component cannot run.",
                            "instead: a package of pure JavaScript",
                        ),
                    ],
                }),
            );
        },
    };
}

function refusal(text, instead) {
    return { text, notes: instead === undefined ? [] : [{ text: instead }] };
}
