"""The card of a model that runs away somewhere, where JSON holds no error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import microtann as mt


def test_an_error_that_is_not_finite_is_shown_as_infinite() -> None:
    card = mt.model_card("cube")
    lost = dict(card.errors["b"]) | {"stress": None, "outside_training_range": False}
    runaway = replace(card, errors=dict(card.errors) | {"b": lost})
    assert runaway.worst("stress") == np.inf
    line = next(line for line in str(runaway).splitlines() if line.split()[:1] == ["b"])
    assert line.split()[1] == "inf"
    assert card.runaways == ()
    assert runaway.runaways == ("b",)
    assert "runs away on b: its answers there are of no use" in str(runaway)
