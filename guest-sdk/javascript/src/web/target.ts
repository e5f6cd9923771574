/** URLs as `wasi:http` wants them: taken apart. */

import { HttpError } from "../failure.js";

/** The parts of a URL. */
export interface Target {
    /** `http` or `https`. */
    scheme: string;
    /** The host, and the port where there is one. */
    authority: string;
    /** The path with its query; begins with `/`. A fragment is not sent. */
    path: string;
    /** Scheme, host and port, as a manifest names them. */
    origin: string;
}

/** Takes a URL apart. What is not ASCII in its path is quoted, and so are spaces. */
export function targetOf(url: string): Target {
    const [, scheme = "", authority = "", rest = ""] = /^([a-z]+):\/\/([^/?#]*)([^#]*)/i.exec(url.trim()) ?? [];
    const kind = scheme.toLowerCase();
    if (kind !== "http" && kind !== "https") throw invalid("begins neither with `http://` nor with `https://`");
    if (authority === "") throw invalid("has no host");
    if (authority.includes("@")) throw invalid("has a user or a password in it; send a header instead");
    if (!/^[\x21-\x7e]+$/.test(authority))
        throw invalid("has a host that is not ASCII; write it in Punycode (`xn--…`)");
    const path = rest.startsWith("/") ? rest : `/${rest}`;
    const quoted = path.toWellFormed().replace(/[^\x21-\x7e]|["<>`{}|\\^]/gu, encodeURIComponent);
    const host = authority.toLowerCase();
    return { scheme: kind, authority: host, path: quoted, origin: `${kind}://${host}` };
}

/** Where a redirection leads. */
export function located(location: string, base: string): string {
    if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
    const { scheme, authority, path } = targetOf(base);
    if (location.startsWith("//")) return `${scheme}:${location}`;
    if (location.startsWith("/")) return `${scheme}://${authority}${location}`;
    const directory = path.replace(/[?].*$/s, "").replace(/[^/]*$/, "");
    return `${scheme}://${authority}${directory}${location}`;
}

function invalid(what: string): HttpError {
    return new HttpError("invalid", `the URL ${what}`);
}
