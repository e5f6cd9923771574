// JSON with whole numbers of any size, and texts that are UTF-8.

import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "../src/index.js";
import { byBytes, byteCount, characterCount } from "../src/text.js";
import { bytesOf, textOf } from "../src/utf8.js";

test("whole numbers beyond 2^53 become BigInt on request", () => {
    const text =
        '{"id":12345678901234567890,"small":9007199254740991,"next":-9007199254740993,"half":12345678901234567890.5,"e":1e30,"text":"12345678901234567890 \\" 1"}';
    const read = json.parse(text, { bigints: true }) as Record<string, unknown>;
    assert.deepEqual(read, {
        id: 12345678901234567890n,
        small: 9007199254740991,
        next: -9007199254740993n,
        half: 12345678901234567890.5,
        e: 1e30,
        text: '12345678901234567890 " 1',
    });
    assert.equal(
        json.stringify({ id: read["id"], far: 2n ** 70n }),
        '{"id":12345678901234567890,"far":"1180591620717411303424"}',
    );
    assert.equal((json.parse("[12345678901234567890]") as number[])[0], 12345678901234567000);
    assert.throws(() => json.parse("{1}", { bigints: true }), SyntaxError);
});

test("what is no JSON is said", () => {
    assert.throws(() => json.stringify(undefined), /undefined is no JSON/);
    assert.equal(
        json.stringify({ nan: NaN, half: "\ud800", text: "\\ud800" }),
        '{"nan":null,"half":"\ufffd","text":"\\\\ud800"}',
    );
});

test("texts are counted as the gateway counts them", () => {
    const text = "aé€😀\ud83d";
    assert.deepEqual([characterCount(text), byteCount(text)], [5, 1 + 2 + 3 + 4 + 3]);
    assert.deepEqual(bytesOf(text), new TextEncoder().encode(text));
    assert.equal(textOf(bytesOf("aé€😀")), "aé€😀");
    assert.equal(textOf(new Uint8Array([0xff])), null);
    assert.deepEqual(["\u{10000}", "\uffff", "b", "ab", "a"].sort(byBytes), ["a", "ab", "b", "\uffff", "\u{10000}"]);
});
