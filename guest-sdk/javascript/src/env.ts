/** The bot's config. */

import { backend, hasBackend } from "./backend.js";

/** What is read outside of every call, in native tests. */
function native(): Record<string, string | undefined> {
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    return process?.env ?? {};
}

function values(): Record<string, string | undefined> {
    return hasBackend() ? backend().environment() : native();
}

/**
 * `config` and `secrets` of the bot's manifest: each by its name, and `undefined` where it is not set. Of a secret it
 * is a placeholder that the gateway replaces on its way to the host that it is for.
 *
 * Read it where a query is answered: while modules are loaded, when the component is built, it is empty. `process.env`
 * is the same, for packages that read that.
 */
export const env: Readonly<Record<string, string | undefined>> = new Proxy(Object.freeze({}), {
    get: (_, name) => (typeof name === "string" ? values()[name] : undefined),
    has: (_, name) => typeof name === "string" && Object.hasOwn(values(), name),
    ownKeys: () => Object.keys(values()),
    getOwnPropertyDescriptor: (_, name) => ({ value: values()[name as string], enumerable: true, configurable: true }),
});
