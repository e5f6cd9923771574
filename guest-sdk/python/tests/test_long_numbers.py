"""Whole numbers beyond 64 bits arrive as they were sent, although the texts of a query round them."""

from __future__ import annotations

import json
import unittest
from typing import Any
from unittest import mock

import _fake_gateway as gateway
from test_component import generated_message, generated_query

from ravenry._component_convert import query_of, report_of

types = gateway.types
BIG = 2**64 + 1
ROUNDED = "1.8446744073709552e+19"


def sent(**members: Any) -> Any:
    return mock.patch.object(gateway.request, "raw", lambda: json.dumps(members))


class LongNumbersTest(unittest.TestCase):
    def test_each_number_is_the_one_that_was_sent(self) -> None:
        rounded = f'{{"a": [1.5, {ROUNDED}], "b": "{ROUNDED}", "c": 1e300}}'
        whole = {"a": [1.5, BIG], "b": ROUNDED, "c": 1e300}
        query = generated_query(
            messages=[generated_message(parameters=rounded)],
            referenced_messages=[
                generated_message(referenced_message=None),
                generated_message(referenced_message=0, parameters=f"[{ROUNDED}]"),
                generated_message(referenced_message=None, parameters=rounded),
            ],
            tools="[1.8446744073709552e19]",
            extra_params=f'{{"-": -{ROUNDED}}}',
        )
        query.messages[0].referenced_message = 2
        quoted = {"role": "bot", "parameters": whole}
        messages: list[Any] = [
            {"role": "narrator", "parameters": {"a": 3}},
            {"role": "bot", "parameters": whole, "referenced_message": quoted},
        ]
        with sent(query=messages, tools=[BIG], extra_params={"-": -BIG}):
            made = query_of(query)
        self.assertEqual(made.tools, [BIG])
        self.assertEqual(made.extra_params, {"-": -BIG})
        self.assertEqual(made.messages[0].parameters, whole)
        assert made.messages[0].referenced_message is not None
        self.assertEqual(made.messages[0].referenced_message.parameters, whole)
        self.assertIs(type(made.messages[0].parameters["c"]), float)

    def test_what_was_sent_otherwise_stays(self) -> None:
        for tools in ([BIG, 1], {"a": BIG}, ["nan"], [True], [BIG * 2], None):
            with sent(tools=tools, query="odd"):
                made = query_of(generated_query(messages=[], tools=f"[{ROUNDED}]"))
            self.assertEqual(made.tools, [float(BIG)], tools)

    def test_a_report_has_them_too(self) -> None:
        with sent(metadata={"a": BIG}):
            report = report_of(types.ErrorReport("message", f'{{"a": {ROUNDED}}}'))
        self.assertEqual(report.metadata, {"a": BIG})


if __name__ == "__main__":
    unittest.main()
