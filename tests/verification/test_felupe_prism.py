"""FElupe with a trained material gives what our own finite elements give."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("felupe", reason="the peer FElupe is not installed: pip install felupe")
pytestmark = pytest.mark.verify
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_twisted_prism_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    try:
        assert max(importlib.import_module("tann_in_felupe").main()) < 1e-9
    finally:
        for name in ("tann_in_felupe", "tann_in_scikit_fem"):
            sys.modules.pop(name, None)
