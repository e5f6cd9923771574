/** What a bot knows, through the gateway. */

import * as gateway from "ravenry:bot/knowledge@0.1.0";
import type { KnowledgeCollection } from "../backend.js";
import { DocumentInfo, Passage } from "../documents.js";
import { KnowledgeError, type KnowledgeErrorKind } from "../failure.js";
import { asked as askedOf, textOf, type Variant } from "./refusal.js";

const KINDS = ["invalid", "full", "unavailable"];

/** A collection. */
export function openCollection(name: string): KnowledgeCollection {
    const asked = <T>(call: () => T): T => askedOf(call, (refusal) => errorOf(name, refusal));
    return {
        search: (question, limit) => asked(() => gateway.search(name, question, limit)).map((one) => new Passage(one)),
        put: (documents) => asked(() => gateway.put(name, documents)),
        remove: (ids) => asked(() => gateway.remove(name, ids)),
        clear: () => asked(() => gateway.clear(name)),
        documents(after) {
            const page = asked(() => gateway.documents(name, after));
            const documents = page.documents.map((one) => new DocumentInfo({ ...one, bytes: Number(one.bytes) }));
            return { documents, next: page.next ?? null };
        },
    };
}

function errorOf(name: string, refusal: Variant): KnowledgeError {
    if (refusal.tag === "no-such-collection") return KnowledgeError.noSuchCollection(name);
    const kind = KINDS.includes(refusal.tag) ? (refusal.tag as KnowledgeErrorKind) : "other";
    return new KnowledgeError(kind, textOf(refusal));
}
