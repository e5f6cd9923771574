/** What StarlingMonkey gets before the author's modules run: errors of `fetch` that end a reply well. */

import { HttpError } from "../failure.js";
import { begunAt } from "../trace.js";

const native = globalThis.fetch;

globalThis.fetch = async (...request) => {
    const beginning = new Error();
    try {
        return await native(...request);
    } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        const [input] = request;
        const url = input instanceof Request ? input.url : String(input);
        // The engine has one sentence for whatever it was; the gateway's log has the reason.
        throw begunAt(new HttpError("broken", `${url}: ${error.message}`, {}), beginning);
    }
};
