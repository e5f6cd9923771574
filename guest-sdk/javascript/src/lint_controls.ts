/**
 * The linter for parameter controls: the documented shape, version 2, and what neither the platform's checker nor
 * its documentation forgives (its pages of 2026, reference library 0.0.83).
 *
 * Sections hold controls or tabs, tabs hold controls, a condition holds controls but no further condition: each
 * level is one function, nothing calls itself.
 */

import { isObject, kindOf, type Members } from "./json.js";

/** Most sentences of one lint; a last one says that there are more. */
const SENTENCES_MAX = 50;

/** Most characters of a text that is not ours which a sentence repeats. */
const SHOWN_MAX = 40;

/** How a condition may compare. The documentation says `equals`, the checker refuses it. */
const COMPARATORS = ["eq", "ne", "gt", "ge", "lt", "le"];

/** A member's name, what its value must be, and whether it must be there. */
type Shape = readonly (readonly [name: string, expected: string, isRequired: boolean])[];

const [TEXT, FLAG, NUMBER, LIST, OBJECT] = ["a string", "a boolean", "a number", "an array", "an object"] as const;

const BASE: Shape = [
    ["control", TEXT, true],
    ["label", TEXT, true],
    ["description", TEXT, false],
    ["parameter_name", TEXT, true],
];
const TOP: Shape = [
    ["api_version", TEXT, true],
    ["sections", LIST, true],
];
const SECTION: Shape = [
    ["name", TEXT, false],
    ["controls", LIST, false],
    ["tabs", LIST, false],
    ["collapsed_by_default", FLAG, false],
];
const TAB: Shape = [
    ["name", TEXT, true],
    ["controls", LIST, true],
];
const DIVIDER: Shape = [["control", TEXT, true]];
const TEXTS: Shape = [...BASE, ["default_value", TEXT, false], ["placeholder", TEXT, false]];
const CHOICE: Shape = [...BASE, ["default_value", TEXT, false], ["options", LIST, true]];
const TOGGLE: Shape = [...BASE, ["default_value", FLAG, false]];
const SLIDER: Shape = [
    ...BASE,
    ["default_value", NUMBER, false],
    ["min_value", NUMBER, true],
    ["max_value", NUMBER, true],
    ["step", NUMBER, true],
];
const CONDITION: Shape = [
    ["control", TEXT, true],
    ["condition", OBJECT, true],
    ["controls", LIST, true],
];
const COMPARISON: Shape = [
    ["comparator", TEXT, true],
    ["left", OBJECT, true],
    ["right", OBJECT, true],
];
const OPTION: Shape = [
    ["value", TEXT, true],
    ["name", TEXT, true],
];
const RATIO: Shape = [
    ["value", TEXT, false],
    ["width", NUMBER, true],
    ["height", NUMBER, true],
];

const SHAPES: Record<string, Shape> = {
    divider: DIVIDER,
    text_field: TEXTS,
    text_area: TEXTS,
    drop_down: CHOICE,
    aspect_ratio: CHOICE,
    toggle_switch: TOGGLE,
    slider: SLIDER,
};

/** Sentences up to a bound, so that no bot can fill a log with its settings. */
export class Lints {
    readonly #sentences: string[] = [];
    #hasMore = false;

    /** Adds a sentence, if there is room for it. */
    say(sentence: string): void {
        if (this.#sentences.length < SENTENCES_MAX) this.#sentences.push(sentence);
        else this.#hasMore = true;
    }

    /** All of them, and one more where there was no room. */
    sentences(): string[] {
        return [...this.#sentences, ...(this.#hasMore ? ["There are more mistakes."] : [])];
    }
}

/** A text that is not ours as a sentence repeats it: cut, and on one line. */
export function shownOnLine(text: string): string {
    const kept = JSON.stringify(text.slice(0, SHOWN_MAX)).slice(1, -1).replaceAll('\\"', '"');
    return text.length > SHOWN_MAX ? `${kept}...` : kept;
}

/** Says each mistake in the controls. */
export function lintControls(controls: unknown, lints: Lints): void {
    const linter = new ControlsLinter(lints);
    linter.top(controls, "parameter_controls");
    linter.namesInConditions();
}

class ControlsLinter {
    readonly #lints: Lints;
    /** Each parameter's default, by the first control that sets it. */
    readonly #defaults = new Map<string, unknown>();
    /** Parameters that conditions name, each with the place. */
    readonly #named: [path: string, name: string][] = [];

    constructor(lints: Lints) {
        this.#lints = lints;
    }

    #say(path: string, what: string): void {
        this.#lints.say(`\`${path}\` ${what}.`);
    }

    top(value: unknown, path: string): void {
        const members = this.#members(value, path, TOP);
        if (members === null) return;
        const version = members["api_version"];
        if (typeof version === "string" && version !== "2") {
            this.#say(`${path}.api_version`, 'is not "2", the only version that there is');
        }
        this.#each(members, "sections", path, (one, at) => this.#section(one, at));
    }

    #section(value: unknown, path: string): void {
        const members = this.#members(value, path, SECTION);
        if (members === null) return;
        const has = ["controls", "tabs"].map((name) => members[name] !== null && members[name] !== undefined);
        if (!has.includes(true)) this.#say(path, "has neither `controls` nor `tabs`");
        else if (!has.includes(false)) this.#say(path, "has both `controls` and `tabs`");
        this.#each(members, "controls", path, (one, at) => this.#control(one, at));
        this.#each(members, "tabs", path, (one, at) => this.#tab(one, at));
    }

    #tab(value: unknown, path: string): void {
        const members = this.#members(value, path, TAB);
        if (members !== null) this.#each(members, "controls", path, (one, at) => this.#control(one, at));
    }

    #control(value: unknown, path: string): void {
        if (wordOf(value) !== "condition") return this.#baseControl(value, path);
        const members = this.#members(value, path, CONDITION);
        if (members === null) return;
        if (isObject(members["condition"])) this.#comparison(members["condition"], `${path}.condition`);
        this.#each(members, "controls", path, (one, at) => this.#baseControl(one, at));
    }

    #baseControl(value: unknown, path: string): void {
        const control = wordOf(value);
        if (control === null) return void this.#members(value, path, DIVIDER);
        if (control === "condition") return this.#say(path, "is a condition within a condition");
        const shape = Object.hasOwn(SHAPES, control) ? SHAPES[control] : undefined;
        if (shape === undefined) return this.#say(path, `is of the unknown kind \`${shownOnLine(control)}\``);
        const members = this.#members(value, path, shape);
        if (members === null) return;
        this.#parameter(members, path);
        if (shape === CHOICE) this.#choice(members, path, control === "drop_down" ? OPTION : RATIO);
        else if (control === "slider") this.#slider(members, path);
    }

    #parameter(members: Members, path: string): void {
        const name = members["parameter_name"];
        if (typeof name !== "string") return;
        const at = `${path}.parameter_name`;
        if (!/^[A-Za-z0-9_]+$/.test(name)) this.#say(at, "should consist of letters, digits and `_`");
        if (name.startsWith("poe_")) this.#say(at, "starts with `poe_`, which belongs to the platform");
        const value = members["default_value"] ?? null;
        if (!this.#defaults.has(name)) this.#defaults.set(name, value);
        if (this.#defaults.get(name) !== value) this.#say(at, "stands for a control with another default, too");
    }

    #choice(members: Members, path: string, shape: Shape): void {
        this.#each(members, "options", path, (one, at) => {
            const found = this.#members(one, at, shape);
            for (const side of ["width", "height"]) {
                const length = found?.[side];
                if (typeof length === "number" && length <= 0) this.#say(`${at}.${side}`, "is not above 0");
            }
        });
        const { default_value: value, options } = members;
        if (typeof value !== "string" || !Array.isArray(options)) return;
        if (!options.some((one) => isObject(one) && chooses(one, value))) {
            this.#say(`${path}.default_value`, "is not the value of an option");
        }
    }

    #slider(members: Members, path: string): void {
        const { step, min_value: least, max_value: most, default_value: value } = members;
        if (typeof step === "number" && step <= 0) this.#say(`${path}.step`, "is not above 0");
        if (typeof least !== "number" || typeof most !== "number") return;
        if (least > most) this.#say(`${path}.min_value`, "is above `max_value`");
        else if (typeof value === "number" && (value < least || value > most)) {
            this.#say(`${path}.default_value`, "is not between `min_value` and `max_value`");
        }
    }

    #comparison(value: Members, path: string): void {
        const members = this.#members(value, path, COMPARISON);
        if (members === null) return;
        const comparator = members["comparator"];
        if (typeof comparator === "string" && !COMPARATORS.includes(comparator)) {
            this.#say(`${path}.comparator`, "is not one of `eq`, `ne`, `gt`, `ge`, `lt`, `le`");
        }
        for (const side of ["left", "right"]) {
            const operand = members[side];
            if (isObject(operand)) this.#operand(operand, `${path}.${side}`);
        }
    }

    #operand(operand: Members, path: string): void {
        const entries = Object.entries(operand);
        const [name, value] = entries[0] ?? [];
        if (entries.length === 1 && name === "literal") {
            if (!["string", "number", "boolean"].includes(typeof value)) {
                this.#say(`${path}.literal`, "should be a string, a number or a boolean");
            }
        } else if (entries.length === 1 && name === "parameter_name" && typeof value === "string") {
            this.#named.push([path, value]);
        } else {
            this.#say(path, "should have one member: `literal`, or `parameter_name` with a string");
        }
    }

    namesInConditions(): void {
        for (const [path, name] of this.#named) {
            if (!this.#defaults.has(name)) {
                this.#say(path, `names the parameter \`${shownOnLine(name)}\`, which no control sets`);
            }
        }
    }

    /** Visits the items of a list; one without items is a mistake everywhere. */
    #each(members: Members, name: string, path: string, visit: (item: unknown, path: string) => void): void {
        const items = members[name];
        if (!Array.isArray(items)) return;
        if (items.length === 0) this.#say(`${path}.${name}`, "is empty");
        items.forEach((item, index) => visit(item, `${path}.${name}[${index}]`));
    }

    /** The members of an object, after a look at their names and kinds. */
    #members(value: unknown, path: string, shape: Shape): Members | null {
        if (!isObject(value)) {
            this.#say(path, `should be an object, but is ${kindOf(value)}`);
            return null;
        }
        for (const name of Object.keys(value)) {
            if (!shape.some(([known]) => known === name)) {
                this.#say(`${path}.${shownOnLine(name)}`, "is not known to the platform");
            }
        }
        for (const [name, expected, isRequired] of shape) {
            const found = value[name];
            if (found === null || found === undefined) {
                if (isRequired) this.#say(`${path}.${name}`, "is missing");
            } else if (kindOf(found) !== expected) {
                this.#say(`${path}.${name}`, `should be ${expected}, but is ${kindOf(found)}`);
            }
        }
        return value;
    }
}

/** What kind of control a value is, where it says so. */
function wordOf(value: unknown): string | null {
    const word = isObject(value) ? value["control"] : null;
    return typeof word === "string" ? word : null;
}

/** Whether a default chooses this option: by its value or, for ratios without one, by `W:H`. */
function chooses(option: Members, value: string): boolean {
    if (typeof option["value"] === "string") return option["value"] === value;
    const { width, height } = option;
    return width !== undefined && height !== undefined && `${String(width)}:${String(height)}` === value;
}
