// What the tool knows, and the two questions that it takes to answer with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, PoeError, tools } from "ravenry";
import { Scene, Script } from "ravenry/testing";
import weather, { currentWeather, MODEL } from "../weather.js";

function call(id, args, name = "get_current_weather") {
    return new tools.ToolCall(id, name, args);
}

/** What the model was told that the calls came to. */
function results(asked) {
    return asked.body.tool_results.map(({ content }) => JSON.parse(content));
}

test("the tool knows three cities", () => {
    assert.deepEqual(currentWeather({ location: "TOKYO, Japan" }), {
        location: "Tokyo",
        temperature: "11",
        unit: "fahrenheit",
    });
    assert.deepEqual(currentWeather({ location: "San Francisco, CA", unit: "celsius" }), {
        location: "San Francisco",
        temperature: "72",
        unit: "celsius",
    });
    assert.deepEqual(currentWeather({ location: "Oslo" }), { location: "Oslo", temperature: "unknown" });
});

test("calls are made once and told in a second question", async () => {
    const calls = [call("1", '{"location": "Tokyo"}'), call("2", '{"location": "Paris"}')];
    const scene = new Scene().bot(MODEL, new Script().toolCalls(calls), "11 in Tokyo, 22 in Paris.");
    const transcript = await scene.ask(weather, "Where is it warmer?");
    assert.equal(transcript.text, "11 in Tokyo, 22 in Paris.");
    assert.equal(transcript.events.length, 1);
    const [first, second] = transcript.asked;
    assert.deepEqual(first.body.tools, second.body.tools);
    assert.deepEqual(
        second.body.tool_calls,
        calls.map((one) => one.toJSON()),
    );
    assert.deepEqual(
        results(second).map(({ temperature }) => temperature),
        ["11", "22"],
    );
});

test("no call means no second question", async () => {
    const { text, asked } = await new Scene().bot(MODEL, "Hello.").ask(weather, "hi");
    assert.deepEqual([text, asked.length], ["Hello.", 1]);
});

test("a model that calls wrongly is told so", async () => {
    const calls = [call("1", "Tokyo"), call("2", "{}", "rm"), call("3", "{}"), call("4", '{"location": 7}')];
    const scene = new Scene().bot(MODEL, new Script().toolCalls(calls), "Sorry.");
    const { text, asked } = await scene.ask(weather, "hi");
    assert.equal(text, "Sorry.");
    assert.ok(results(asked[1]).every(({ error }) => error));
});

test("a failure of either answer ends the reply", async () => {
    const failure = new Failure("Out of words.", { allowRetry: false });
    const first = await new Scene().bot(MODEL, failure).ask(weather, "hi");
    assert.deepEqual(first.failure, failure);
    const calls = new Script().toolCalls([call("1", '{"location": "Tokyo"}')]);
    const broken = new Script("It").breaks(new PoeError("broken"));
    const second = await new Scene().bot(MODEL, calls, broken).ask(weather, "hi");
    assert.deepEqual([second.text, second.failure.allowRetry], ["It", true]);
});

test("the settings declare both questions", () => {
    assert.deepEqual(weather.settings().serverBotDependencies, { [MODEL]: 2 });
});
