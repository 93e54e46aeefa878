"""The first lines of a card say what a user should fear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import microtann as mt


def test_walks_that_go_wrong_laws_that_are_broken_and_runaways() -> None:
    card = mt.model_card("cube-play")
    assert card.warnings == ()
    errors: dict[str, dict[str, Any]] = {name: dict(e) for name, e in card.errors.items()}
    errors["validation"]["stress"], errors["test"]["stress"], errors["a"]["violations"] = 1e-3, 2e-2, 7
    uneven, laws = replace(card, errors=errors).warnings
    assert uneven.startswith("uneven: 1.0e-03 on validation walks and 2.0e-02 on test walks")
    assert laws.startswith("breaks the second law in 7 increments")
    assert str(replace(card, errors=errors)).splitlines()[1:3] == [f"  {uneven}", f"  {laws}"]
    errors["f"]["stress"] = None
    assert replace(card, errors=errors).warnings[0].startswith("runs away on f")
