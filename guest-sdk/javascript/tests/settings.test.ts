// Settings as they are sent, and what the platform would drop in silence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { controls, lint, type Settings } from "../src/index.js";
import { checkedSettings } from "../src/settings.js";

test("settings are checked before they are sent", () => {
    const settings: Settings = {
        serverBotDependencies: { "GPT-4o": 2 },
        allowAttachments: false,
        rateCard: "half \ud83d",
        parameterControls: controls.of({ controls: [controls.divider()] }),
        extra: { brand_new: true },
    };
    const checked = checkedSettings(settings);
    assert.deepEqual(checked.serverBotDependencies, [["GPT-4o", 2]]);
    assert.deepEqual([checked.allowAttachments, checked.rateCard, checked.costLabel], [false, "half \ufffd", null]);
    assert.deepEqual(
        [checked.parameterControls, checked.extra],
        ['{"api_version":"2","sections":[{"controls":[{"control":"divider"}]}]}', '{"brand_new":true}'],
    );
});

test("unknown members and wrong values are named", () => {
    const wrong: [object, RegExp][] = [
        [{ allowAttachment: true }, /no member "allowAttachment"; did you mean `allowAttachments`\?/],
        [{ allow_attachments: true }, /did you mean `allowAttachments`\?/],
        [{ somethingElse: 1 }, /goes into `extra`/],
        [{ allowAttachments: "yes" }, /`allowAttachments` is `true` or `false`, not "yes"/],
        [{ introductionMessage: 7 }, /`introductionMessage` of settings is a text, not 7/],
        [{ serverBotDependencies: { A: "1" } }, /a number for "A", not "1"/],
        [{ extra: [] }, /`extra` of settings is an object/],
    ];
    for (const [settings, why] of wrong)
        assert.throws(
            () => checkedSettings(settings),
            (error) => error instanceof TypeError && why.test(error.message),
        );
    assert.throws(() => checkedSettings(undefined), /returned undefined/);
});

test("every control has the shape that the platform documents", () => {
    const field = { label: "L", parameterName: "p" };
    const all = controls.of(
        {
            name: "One",
            collapsedByDefault: true,
            controls: [
                controls.textField({ ...field, parameterName: "a", placeholder: "…", defaultValue: "x" }),
                controls.textArea({ ...field, parameterName: "b", description: "D" }),
                controls.dropDown({ ...field, parameterName: "c", options: { v: "Name" }, defaultValue: "v" }),
                controls.toggleSwitch({ ...field, parameterName: "d", defaultValue: true }),
                controls.when(controls.parameter("d"), "eq", true, [
                    controls.slider({ ...field, parameterName: "e", minValue: 1, maxValue: 9, step: 1 }),
                ]),
            ],
        },
        {
            tabs: [
                {
                    name: "T",
                    controls: [
                        controls.aspectRatio({
                            ...field,
                            parameterName: "f",
                            options: [{ width: 16, height: 9 }],
                            defaultValue: "16:9",
                        }),
                    ],
                },
            ],
        },
    );
    assert.deepEqual(lint({ parameterControls: all }), []);
    const [first, second] = all.sections as { controls: object[]; tabs: object[] }[];
    assert.deepEqual(first!.controls[2], {
        control: "drop_down",
        label: "L",
        parameter_name: "c",
        options: [{ value: "v", name: "Name" }],
        default_value: "v",
    });
    assert.deepEqual(first!.controls[4], {
        control: "condition",
        condition: { comparator: "eq", left: { parameter_name: "d" }, right: { literal: true } },
        controls: [{ control: "slider", label: "L", parameter_name: "e", min_value: 1, max_value: 9, step: 1 }],
    });
    assert.equal(second!.tabs.length, 1);
});

test("the linter says what the platform would drop", () => {
    const say = (settings: Settings): string => lint(settings).join(" ");
    assert.match(say({ rateCard: "[usd_milli_cents 3]" }), /`rate_card` has a price mark that is not of the form/);
    assert.match(say({ serverBotDependencies: { "": 0 } }), /names a bot without a name\. .* allows 0 calls/);
    assert.match(say({ extra: { future: 1 } }), /`extra` has the member `future`/);
    const section = (...list: object[]): Settings => ({
        parameterControls: { api_version: "2", sections: [{ controls: list }] },
    });
    const field = { control: "text_field", label: "L", parameter_name: "p" };
    const rows: [Settings, RegExp][] = [
        [
            { parameterControls: { api_version: "1", sections: [] } },
            /is not "2".*`parameter_controls\.sections` is empty/,
        ],
        [section({ ...field, parameter_name: "poe_x y" }), /should consist of letters.*belongs to the platform/],
        [
            section({ ...field, colour: 1, label: 7 }),
            /`.*\.colour` is not known to the platform.*should be a string, but is a number/,
        ],
        [
            section({ control: "slider", label: "L", parameter_name: "p", min_value: 2, max_value: 1, step: 0 }),
            /`.*step` is not above 0.*is above `max_value`/,
        ],
        [
            section({
                control: "drop_down",
                label: "L",
                parameter_name: "p",
                options: [{ value: "a", name: "A" }],
                default_value: "b",
            }),
            /is not the value of an option/,
        ],
        [section(field, { ...field, default_value: "x" }), /stands for a control with another default/],
        [
            section({
                control: "condition",
                condition: { comparator: "equals", left: { parameter_name: "q" }, right: {} },
                controls: [field],
            }),
            /is not one of `eq`.*should have one member.*names the parameter `q`/,
        ],
        [section({ control: "knob" }), /is of the unknown kind `knob`/],
        [{ parameterControls: { api_version: "2", sections: [{}] } }, /has neither `controls` nor `tabs`/],
    ];
    for (const [settings, why] of rows) assert.match(say(settings), why);
    const many = section(...Array.from({ length: 60 }, () => ({ control: "knob" })));
    assert.deepEqual([lint(many).length, lint(many).at(-1)], [51, "There are more mistakes."]);
});
