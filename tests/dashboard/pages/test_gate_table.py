"""The gate table that runs, comparisons and models share."""

import pytest

from dashboard.services.model_registry import GateLine
from dashboard.templating import environment


@pytest.mark.parametrize(
    ("gate", "shown"),
    [
        ({"name": "a", "passed": True, "state": "passed"}, 'succeeded">yes<'),
        ({"name": "a", "passed": False, "state": "failed"}, 'failed">no<'),
        (
            {"name": "a", "passed": False, "state": "not run", "note": "not run: no <emulator>"},
            'mark">not run<',
        ),
        # Written before gates had a state.
        ({"name": "a", "passed": True}, 'succeeded">yes<'),
        ({"name": "a", "passed": False}, 'failed">no<'),
    ],
)
def test_a_gate_that_was_not_run_is_neither_yes_nor_no(gate, shown):
    table = environment().get_template("parts.html").module.gate_table
    for row in (gate, GateLine(**gate).model_dump()):
        text = str(table({"registered_model": "toy", "gates": [row]}))
        assert shown in text
        assert "<emulator>" not in text
