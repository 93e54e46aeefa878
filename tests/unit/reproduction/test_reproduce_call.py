"""`mt.reproduce` is both sections by one name, and refuses what belongs to the other one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.report.section import Section
from microtann.reproduction import reproduce as module
from microtann.reproduction.section5 import MODELS


def test_section4_is_made_again_and_what_is_there_is_kept(tmp_path: Path) -> None:
    made = mt.reproduce("section4", cells=["square-2x2"], output=tmp_path / "paper")
    assert made.tables[0].rows[0][:2] == ("2×2 regular", "b")
    page = tmp_path / "paper" / "square-2x2" / "responses" / "numbers.json"
    before = page.stat().st_mtime_ns
    again = mt.reproduction.reproduce_section4(["square-2x2"], output=tmp_path / "paper")
    assert again.tables[0].rows == made.tables[0].rows
    assert page.stat().st_mtime_ns == before


def test_section5_takes_the_models_that_the_command_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def made(*arguments: Any, output: Any, **_: Any) -> Section:
        asked.append((arguments, output))
        return Section("Section V", 4)

    monkeypatch.setattr(module, "reproduce_section5", made)
    mt.reproduce("section5")
    mt.reproduce("section5", ["cube"], cases=["lcT2"], full=True, output="here")
    assert asked == [
        ((MODELS, None, False), str(Path("results") / "section5")),
        ((["cube"], ["lcT2"], True), "here"),
    ]


@pytest.mark.parametrize(
    ("arguments", "keywords", "sentence"),
    [
        (("section6",), {}, "no section 'section6': did you mean 'section"),
        (("section4",), {"cases": ["lcT2"]}, "cases is not an argument of section4"),
        (("section4",), {"full": True}, "full is not an argument of section4"),
        (("section5",), {"cells": ["square-2x2"]}, "cells is not an argument of section5"),
        (("section4", ["cube"]), {}, "the models of section4 are given by the name of their cell"),
        (("section5", "cube"), {}, "the models of section5 are a list of names or files, got 'cube'"),
        (("section5", {"a": "cube"}), {}, "the models of section5 are a list"),
    ],
)
def test_what_is_not_of_the_section_is_refused(
    arguments: tuple[Any, ...], keywords: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        mt.reproduce(*arguments, **keywords)
