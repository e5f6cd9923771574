// Documents put in, found and removed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { knowledge, KnowledgeError } from "../src/index.js";
import { Knowledge, Scene } from "../src/testing/index.js";

const MANUAL = "---\ntitle: Manual\n---\n# Hours\n\nFrom nine to five.\n\n## Holidays\n\nClosed on holidays.\n";

async function during(call: () => void, known?: Knowledge): Promise<Knowledge> {
    const { error, knowledge: after } = await new Scene({ knowledge: known ?? new Knowledge() }).ask(
        { respond: call },
        "hi",
    );
    if (error !== undefined) throw error;
    return after;
}

test("what has the words is found, and cited", async () => {
    const known = new Knowledge();
    known.bot().put({ id: "manual.md", text: MANUAL });
    await during(() => {
        const [first, ...others] = knowledge.bot().search("closed holidays?", 5);
        assert.deepEqual(
            [first?.headings, first?.lines, first?.citation(1)],
            [["Hours", "Holidays"], "lines 8–10", "[1] Manual › Hours › Holidays (manual.md)"],
        );
        assert.deepEqual(others, []);
        assert.deepEqual(knowledge.bot().search("zebra"), []);
    }, known);
});

test("a person's documents are theirs", async () => {
    const after = await during(() => {
        knowledge.user().put({ id: "b", text: "milk", format: "plain" }, { id: "a", text: "# Eggs" });
        assert.deepEqual(
            [...knowledge.user().documents()].map(({ id, title, bytes }) => [id, title, bytes]),
            [
                ["a", "Eggs", 6],
                ["b", "b", 4],
            ],
        );
        assert.equal(knowledge.user().remove("b", "none"), 1);
    });
    assert.deepEqual([after.document("a", "user")?.text, after.document("a")], ["# Eggs", null]);
    assert.equal(after.user().clear(), 1);
});

test("what is refused has its kind", async () => {
    await during(() => {
        assert.throws(() => knowledge.bot().put({ id: "", text: "x" }), { kind: "invalid" });
        assert.throws(() => knowledge.bot().put({ id: "x", text: "x", format: "html" as never }), TypeError);
        assert.throws(() => knowledge.bot().search("x", -1), RangeError);
    });
    const full = new Knowledge(new KnowledgeError("full", "no room"));
    await assert.rejects(
        during(() => knowledge.bot().put({ id: "x", text: "x" }), full),
        { kind: "full" },
    );
    await assert.rejects(
        new Scene().during(() => knowledge.user().search("x")),
        { kind: "no-such-collection" },
    );
});
