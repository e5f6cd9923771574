/** The gateway, as what is around a bot. */

import * as environment from "wasi:cli/environment@0.2.12";
import { pause } from "ravenry/wait";
import * as request from "ravenry:bot/request@0.1.0";
import type { Backend } from "../backend.js";
import { openCollection } from "./knowledge.js";
import * as poe from "./poe.js";
import { say } from "./reply.js";
import { openBucket } from "./store.js";

/** The gateway. */
export const GATEWAY: Backend = {
    say,
    raw: request.raw,
    header: (name) => request.header(name) ?? null,
    headers: request.headers,
    reference: request.reference,
    environment: () => Object.fromEntries(environment.getEnvironment()),
    ...poe,
    openBucket,
    pause,
    openCollection,
};
