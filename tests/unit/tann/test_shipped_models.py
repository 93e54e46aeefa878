"""Every shipped model has a card that belongs to it, and is as good as the card says."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ModelFileError
from microtann.evaluation.measures import relative_on_every_path
from microtann.evaluation.protocol_paths import path
from microtann.tann.card import read_card
from microtann.tann.shipped import find_model, short_names

FREE = ("published", "classical", "residual")
"""Forms whose dissipation may be negative; the card says how often it is."""
ROUND_OFF = 1e-9
"""Errors below this differ from machine to machine."""
SCRIPT = Path(__file__).parents[3] / "scripts" / "train_shipped_models.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Return the script that trains the models."""
    specification = importlib.util.spec_from_file_location("train_shipped_models", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["train_shipped_models"] = module  # where its dataclasses look for their types
    specification.loader.exec_module(module)
    return module


def test_every_short_name_stands_for_a_shipped_model() -> None:
    assert {f"{name}-{form}" for name, form in short_names().items()} <= set(mt.shipped_models())


def test_every_shipped_model_is_made_by_its_recipe(script: ModuleType) -> None:
    assert set(script.RECIPES) == set(mt.shipped_models())
    for name, recipe in script.RECIPES.items():
        card = mt.model_card(name)
        for kept, asked in ((card.data, recipe.plan), (card.training, recipe.form)):
            usual = asdict(type(asked)())  # a card knows nothing of settings that are younger
            assert json.loads(json.dumps(usual)) | kept == json.loads(json.dumps(asdict(asked))), name
        assert name.removesuffix(f"-{card.states}").endswith(f"-{card.form}"), name


def test_a_card_bounds_what_other_directions_show() -> None:
    """Other random directions than those of the card: few of them are worse than its worst, and not by much."""
    name = "square-2x2-perturbed-variational-12"
    card, tann = mt.model_card(name), mt.load(name)
    directions = np.random.default_rng(7).standard_normal((200, 3))
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    strain = directions[:, None] * path("b", 3).strain[0, :, 0][:, None]
    found, exact = tann.recall(strain), tann.microstructure.solve(strain)
    errors = relative_on_every_path(found.stress, exact.stress)
    said = card.errors["r"]["directions"]["stress"]
    assert np.mean(errors > said["worst"]) <= 4 / 65  # 64 draws leave 1/65 above on average
    assert 0.3 < np.mean(errors > said["median"]) < 0.7
    assert card.worst() >= said["worst"]


def test_a_card_says_outside_where_recall_warns() -> None:
    name = "square-2x2-perturbed-variational"
    card, tann = mt.model_card(name), mt.load(name)
    for chosen in "abz":
        reach = tann.recall(path(chosen, 3).strain, outside_training="none").training_reach.max()
        assert card.errors[chosen]["outside_training_range"] == (reach > 1.0), chosen


@pytest.mark.parametrize("name", mt.shipped_models())
def test_a_model_is_as_good_as_its_card_says(name: str) -> None:
    card, tann, file = mt.model_card(name), mt.load(name), find_model(name)
    assert card.name == name
    assert (card.form, card.states, card.size) == (tann.form, tann.states, file.stat().st_size)
    assert card.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert card.exact_states == tann.microstructure.cell.distinct_bars.count
    assert card.violations == 0 or card.form in FREE
    assert card.size < 2_000_000
    found = mt.evaluate(tann, ["b"]).to_dict()["b"]
    for quantity in ("stress", "energy", "dissipation"):
        said = card.errors["b"][quantity]
        assert found[quantity] == pytest.approx(said, rel=1e-3, abs=ROUND_OFF), quantity
    assert found["coordinates"] == pytest.approx(card.errors["b"]["coordinates"], rel=1e-3, abs=ROUND_OFF)


def test_the_worst_error_is_that_of_the_paths_within_the_training_range() -> None:
    card = mt.model_card("cube")
    inside = [e for p, e in card.errors.items() if p in "abcdefghrz" and not e["outside_training_range"]]
    assert card.worst() == max(*(e["stress"] for e in inside), card.errors["r"]["directions"]["stress"]["worst"])
    assert card.errors["g"]["outside_training_range"]


def test_a_card_prints_what_it_knows() -> None:
    text = str(mt.model_card("square-2x2-perturbed"))
    assert [line.split()[0] for line in text.splitlines()[-5:]] == ["r", "median", "90", "worst", "z"]
    assert "square-2x2-perturbed-variational" in text
    assert "outside the training range" in text


def test_a_model_that_is_not_shipped_has_no_card(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no shipped model 'nonsense': use cube-2x2x2-perturbed"):
        mt.model_card("nonsense")
    with pytest.raises(ModelFileError, match=r"x\.json is missing"):
        read_card(tmp_path / "x.json")
    (tmp_path / "y.json").write_text("[]")
    with pytest.raises(ModelFileError, match="damaged"):
        read_card(tmp_path / "y.json")
