// Tool calls put together from pieces, and tools used round by round.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bot, events, Message, poe, tools, type Bot } from "../src/index.js";
import { Scene, Script } from "../src/testing/index.js";

const SCHEMA = {
    type: "object",
    properties: { a: { type: "integer" }, list: { type: "array", items: { type: "string" } } },
    required: ["a"],
    additionalProperties: false,
};

function chunk(...calls: object[]): events.Event {
    return events.json({ choices: [{ index: 0, delta: { tool_calls: calls } }] });
}

async function turnOf(script: Script): Promise<{ text: string; calls: tools.ToolCall[]; passed: number }> {
    let found: { text: string; calls: tools.ToolCall[]; passed: number } | undefined;
    const asks = bot({
        async respond() {
            const turn = new tools.Turn(poe.ask("A"));
            let passed = 0;
            for await (const _ of turn) passed += 1;
            found = { text: turn.text, calls: turn.calls, passed };
        },
        settings: () => ({ serverBotDependencies: { A: 1 } }),
    });
    await new Scene().bot("A", script).ask(asks, "hi");
    return found!;
}

test("calls are put together from their pieces", async () => {
    const script = new Script("so ")
        .event(chunk({ index: 1, id: "2", type: "function", function: { name: "g", arguments: "{" } }))
        .event(
            chunk(
                { index: 0, id: "1", type: "function", function: { name: "f" } },
                { index: 1, function: { arguments: "}" } },
            ),
        )
        .event(chunk({ index: 7, function: { arguments: "dropped" } }, { index: "x" }))
        .event(chunk({ index: 1, id: "3", type: "function", function: { name: "h", arguments: "[]" } }))
        .event(events.json({ choices: [{ delta: { content: "far" }, finish_reason: "stop" }] }))
        .event(events.json({ usage: 1 }));
    const { text, calls, passed } = await turnOf(script);
    assert.equal(text, "so far");
    assert.deepEqual(
        calls.map(({ id, name, args }) => [id, name, args]),
        [
            ["1", "f", ""],
            ["2", "g", "{}"],
            ["3", "h", "[]"],
        ],
    );
    assert.deepEqual([calls[0]!.parse(), passed], [{}, 3]);
});

function boxed(rounds: number, seen: unknown[]): Bot {
    const box = new tools.Toolbox().add(
        { name: "f", description: "F", parameters: SCHEMA, strict: true },
        async (args: { a: number }) => {
            seen.push(args);
            return { twice: args.a * 2 };
        },
    );
    return bot({
        respond: (query, reply) => box.run("A", query, reply, { rounds }),
        settings: () => ({ serverBotDependencies: { A: rounds + 1 } }),
    });
}

test("rounds go on until the model has enough", async () => {
    const call = (id: string, a: number): Script =>
        new Script().toolCalls([new tools.ToolCall(id, "f", `{"a": ${a}}`)]);
    const seen: unknown[] = [];
    const { asked, text } = await new Scene()
        .bot("A", call("1", 1), call("2", 2), "enough")
        .ask(boxed(2, seen), [Message.user("go")]);
    assert.equal(text, "enough");
    assert.deepEqual(seen, [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(
        asked.map(({ body }) => [Boolean(body["tools"]), (body["query"] as unknown[]).length]),
        [
            [true, 1],
            [true, 1],
            [false, 3],
        ],
    );
    assert.deepEqual(asked[2]!.body["tool_results"], [
        { role: "tool", name: "f", tool_call_id: "2", content: '{"twice":4}' },
    ]);
    assert.deepEqual(asked[0]!.body["tools"], [
        { type: "function", function: { name: "f", description: "F", parameters: SCHEMA, strict: true } },
    ]);
});

test("arguments that do not fit are told to the model", async () => {
    const wrong: [string, RegExp][] = [
        ["{", /not JSON/],
        ["[]", /no JSON object/],
        ["{}", /`a` is missing/],
        ['{"a": 1.5}', /`a` should be of the type integer/],
        ['{"a": 1, "b": 2}', /`b` is not known/],
        ['{"a": 1, "list": ["x", 2]}', /`list\[1\]` should be of the type string/],
    ];
    const calls = wrong.map(([args], at) => new tools.ToolCall(String(at), "f", args));
    const { asked } = await new Scene().bot("A", new Script().toolCalls(calls), "sorry").ask(boxed(1, []), "go");
    const results = asked[1]!.body["tool_results"] as { content: string }[];
    results.forEach(({ content }, at) => assert.match((JSON.parse(content) as { error: string }).error, wrong[at]![1]));
});
