/**
 * Parameter controls: what a person can set beside the text field.
 *
 *     const poem = controls.toggleSwitch({ label: "As a poem", parameterName: "poem", defaultValue: false });
 *     const verses = controls.slider({ label: "Verses", parameterName: "verses", minValue: 1, maxValue: 12, step: 1 });
 *     const parameterControls = controls.of({
 *         name: "Form",
 *         controls: [poem, controls.when(controls.parameter("poem"), "eq", true, [verses])],
 *     });
 *
 * What the person sets comes back in `query.parameter("verses")`. The shape is the platform's, version 2 of its
 * parameter controls (2026). The platform silently drops controls that it finds wrong; the gateway logs a warning
 * for each such mistake, and `lint` says the same before.
 */

import type { Members } from "./json.js";

/**
 * How two operands are compared.
 *
 * These are the words that the platform's code takes. Its documentation of 2026 has `equals`, which the code
 * refuses.
 */
export type Comparator = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

/** What all fields have. */
export interface FieldOptions {
    /** What is written beside it. */
    label: string;
    /**
     * The name under which the value comes back: letters, digits and `_`, not beginning with `poe_`. Controls that
     * share a name must share their default.
     */
    parameterName: string;
    /** A longer explanation. */
    description?: string;
}

/** A field that the person types into. The value comes back as a string. */
export interface TextOptions extends FieldOptions {
    /** What is shown until the person types. The platform shows defaults but does not send them. */
    defaultValue?: string;
    /** What stands in an empty field, in grey. */
    placeholder?: string;
}

/** A choice among several texts. The value comes back as a string. */
export interface DropDownOptions extends FieldOptions {
    /** The value that comes back, and the name shown for it. */
    options: Record<string, string> | readonly (readonly [value: string, name: string])[];
    /** The value chosen at first; one of the options. */
    defaultValue?: string;
}

/** A switch. The value comes back as a boolean. */
export interface ToggleSwitchOptions extends FieldOptions {
    /** Whether it is on at first. */
    defaultValue?: boolean;
}

/** A number within bounds. The value comes back as a number. */
export interface SliderOptions extends FieldOptions {
    /** The smallest value, at most `maxValue`. */
    minValue: number;
    /** The largest value. */
    maxValue: number;
    /** The distance between values, greater than 0. */
    step: number;
    /** Where it stands at first. */
    defaultValue?: number;
}

/** One ratio of width to height. */
export interface Ratio {
    /** The width, in the unit of the height. */
    width: number;
    /** The height, in the unit of the width. */
    height: number;
    /** The value that comes back; `width:height` where it is left out. */
    value?: string;
}

/** A choice among ratios of width to height. The value comes back as a string. */
export interface AspectRatioOptions extends FieldOptions {
    /** The ratios to choose from. */
    options: readonly Ratio[];
    /** The value chosen at first; one of the options. */
    defaultValue?: string;
}

/** A field, or a line between fields, as the platform wants it. */
export interface Field extends Members {
    /** Which kind of control it is. */
    control: string;
}

/** Fields that are shown while a comparison holds, as the platform wants them. */
export interface Condition extends Members {
    control: "condition";
}

/** One entry of a section or tab. */
export type Control = Field | Condition;

/** One side of a comparison. */
export type Operand = { literal: string | number | boolean } | { parameter_name: string };

/** One tab of a section. */
export interface Tab {
    /** What is written on the tab. */
    name: string;
    /** Its controls, from top to bottom. The platform wants at least one. */
    controls: readonly Control[];
}

/** A part of the controls under one heading: controls, or tabs of controls, but not both. */
export interface Section {
    /** The heading. */
    name?: string;
    /** Whether the section is folded until the person opens it. */
    collapsedByDefault?: boolean;
    /** Controls, from top to bottom. */
    controls?: readonly Control[];
    /** Tabs, from left to right. */
    tabs?: readonly Tab[];
}

/** Controls shown beside the text field, as the object that the platform documents. */
export interface ParameterControls extends Members {
    api_version: string;
    sections: Members[];
}

/** Controls of these sections, from top to bottom. The platform wants at least one. */
export function of(...sections: Section[]): ParameterControls {
    const written = sections.map(({ name, collapsedByDefault, controls, tabs }) =>
        present({ name, collapsed_by_default: collapsedByDefault, controls, tabs }),
    );
    return { api_version: "2", sections: written };
}

/** A line between fields. */
export function divider(): Field {
    return { control: "divider" };
}

/** One line of text that the person types. */
export function textField(options: TextOptions): Field {
    return field("text_field", options);
}

/** Several lines of text that the person types. */
export function textArea(options: TextOptions): Field {
    return field("text_area", options);
}

/** A choice among several texts. */
export function dropDown({ options, ...rest }: DropDownOptions): Field {
    const pairs = Array.isArray(options) ? options : Object.entries(options);
    return field("drop_down", {
        ...rest,
        options: pairs.map(([value, name]: readonly [string, string]) => ({ value, name })),
    });
}

/** A switch. */
export function toggleSwitch(options: ToggleSwitchOptions): Field {
    return field("toggle_switch", options);
}

/** A number within bounds. */
export function slider(options: SliderOptions): Field {
    return field("slider", options);
}

/** A choice among ratios of width to height. */
export function aspectRatio(options: AspectRatioOptions): Field {
    return field("aspect_ratio", options);
}

/** The present value of the control with this parameter name, as one side of a comparison. */
export function parameter(name: string): Operand {
    return { parameter_name: name };
}

/** Fields that are shown while a comparison holds. Conditions cannot be nested. */
export function when(
    left: Operand | string | number | boolean,
    comparator: Comparator,
    right: Operand | string | number | boolean,
    controls: readonly Field[],
): Condition {
    return {
        control: "condition",
        condition: { comparator, left: operand(left), right: operand(right) },
        controls: [...controls],
    };
}

function operand(side: Operand | string | number | boolean): Operand {
    return typeof side === "object" ? side : { literal: side };
}

/** The platform's names for members. */
const NAMES: Record<string, string> = {
    parameterName: "parameter_name",
    defaultValue: "default_value",
    minValue: "min_value",
    maxValue: "max_value",
};

function field(control: string, options: object): Field {
    const members = Object.entries(options).map(([name, value]) => [NAMES[name] ?? name, value as unknown]);
    return { control, ...present(Object.fromEntries(members)) };
}

function present(members: Members): Members {
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}
