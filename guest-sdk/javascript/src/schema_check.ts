/**
 * Whether arguments fit the JSON schema of a tool, as far as schemas of tools go: types, required and further members,
 * enumerations, items. What else a schema says is for the model.
 */

import { isObject, kindOf, type Members } from "./json.js";
import { shown } from "./text.js";

/** Schemas within schemas that are followed. */
const DEPTH_MAX = 16;

const KINDS: Record<string, (value: unknown) => boolean> = {
    string: (value) => typeof value === "string",
    number: (value) => typeof value === "number",
    integer: (value) => typeof value === "number" && Number.isInteger(value),
    boolean: (value) => typeof value === "boolean",
    array: Array.isArray,
    object: isObject,
    null: (value) => value === null,
};

/** What does not fit, in a few words for the model; `null` where all of it does. */
export function misfit(value: unknown, schema: unknown, path = "", depth = 0): string | null {
    if (!isObject(schema) || depth > DEPTH_MAX) return null;
    const name = path === "" ? "the arguments" : `\`${path}\``;
    const { type, enum: choices } = schema;
    const types = (Array.isArray(type) ? type : [type]).filter(
        (one): one is string => typeof one === "string" && one in KINDS,
    );
    if (types.length > 0 && !types.some((one) => KINDS[one]!(value))) {
        return `${name} should be of the type ${types.join(" or ")}, but is ${kindOf(value)}`;
    }
    if (Array.isArray(choices) && !choices.some((one) => one === value)) {
        return `${name} should be one of ${shown(choices)}, but is ${shown(value)}`;
    }
    if (Array.isArray(value))
        return first(value.map((item, at) => misfit(item, schema["items"], `${path}[${at}]`, depth + 1)));
    return isObject(value) ? objectMisfit(value, schema, path, depth) : null;
}

function objectMisfit(value: Members, schema: Members, path: string, depth: number): string | null {
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
    const missing = required.find((name) => typeof name === "string" && !Object.hasOwn(value, name));
    if (missing !== undefined) return `\`${joined(path, String(missing))}\` is missing`;
    const extra = Object.keys(value).find((name) => !Object.hasOwn(properties, name));
    if (extra !== undefined && schema["additionalProperties"] === false)
        return `\`${joined(path, extra)}\` is not known`;
    const parts = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
    return first(parts.map(([name, part]) => misfit(part, properties[name], joined(path, name), depth + 1)));
}

function joined(path: string, name: string): string {
    return path === "" ? name : `${path}.${name}`;
}

function first(found: (string | null)[]): string | null {
    return found.find((one) => one !== null) ?? null;
}
