"""The model file: what is written comes back; what is damaged is refused in one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from random_tann import random_tann
from safetensors.numpy import load_file, save_file

import microtann as mt
from microtann.errors import ModelFileError
from microtann.tann.information import TrainingRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "model.safetensors"
    random_tann(1).save(target)
    return target


def header(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(size))["__metadata__"]


def test_a_model_comes_back_as_it_was(path: Path) -> None:
    strain = np.random.default_rng(0).normal(size=(5, 6))
    written, read = random_tann(1), mt.load(path)
    a, b = written.recall(strain, decode=True), read.recall(strain, decode=True)
    assert np.array_equal(a.stress, b.stress)
    assert np.array_equal(a.force, b.force)
    assert read.information.units == written.information.units
    assert read.cell is None


def test_cell_bar_and_history_are_kept(tmp_path: Path) -> None:
    tann = mt.load("cube")
    tann.save(tmp_path / "copy.safetensors")
    copy = mt.load(tmp_path / "copy.safetensors")
    assert np.array_equal(copy.cell.nodes, mt.cube_cell().nodes)
    assert copy.bar == mt.ElastoplasticBar()
    assert copy.information.history == tann.information.history
    assert isinstance(copy.information.history[0], TrainingRecord)


def test_a_file_of_the_first_schema_still_loads() -> None:
    """It was written before files described their parts; it is the first model that was shipped."""
    old, shipped = mt.load(Path(__file__).parent / "files" / "cube-play-schema-1.safetensors"), mt.load("cube")
    assert (old.form, old.states, old.bar) == ("play", 13, mt.ElastoplasticBar())
    assert np.array_equal(old.cell.nodes, mt.cube_cell().nodes)
    strain = np.random.default_rng(0).normal(0, 0.2, size=(20, 6)).cumsum(axis=0)
    exact = mt.solve_cell(old.cell, old.bar, strain)
    recall = old.recall(strain, decode=True)
    np.testing.assert_allclose(recall.stress, exact.stress, atol=1e-12)
    np.testing.assert_allclose(recall.force, exact.force, atol=1e-12)
    np.testing.assert_allclose(shipped.recall(strain).stress, recall.stress, atol=1e-12)


def test_the_file_says_what_its_arrays_mean(path: Path) -> None:
    metadata = header(path)
    information = json.loads(metadata["information"])
    assert metadata["format"] == "microtann-tann"
    assert information["voigt_order"] == ["11", "22", "33", "23", "13", "12"]
    assert information["shear"] == "engineering"


def test_a_file_cut_anywhere_is_refused(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    cut = tmp_path / "cut.safetensors"
    for size in (0, 5, 100, len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:size])
        with pytest.raises(ModelFileError, match="not a complete safetensors file"):
            mt.load(cut)


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a model, but long enough to look like one")
    with pytest.raises(ModelFileError):
        mt.load(text)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"weight": np.zeros(3)}, foreign)
    with pytest.raises(ModelFileError, match="not a microtann model"):
        mt.load(foreign)
    with pytest.raises(ModelFileError, match=r"shipped: .*cube"):
        mt.load("no-such-model")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, m: m.update(schema="99"), "schema '99'"),
        (lambda t, m: t.pop("energy.coupling"), "do not fit together"),
        (lambda t, m: t.update({"energy.coupling": t["energy.coupling"][:-1]}), "do not fit together"),
        (lambda t, m: t.update({"reduction.decoder": t["reduction.decoder"][:, :-1]}), "do not fit together"),
        (lambda t, m: t["energy.coupling"].fill(np.nan), "not finite"),
        (lambda t, m: m.update(information=m["information"].replace('"play"', '"poetry"')), "poetry"),
        (lambda t, m: m.update(information="{"), "do not fit together"),
    ],
)
def test_a_damaged_model_is_refused(path: Path, change: object, message: str) -> None:
    tensors, metadata = load_file(path), header(path)
    change(tensors, metadata)
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(ModelFileError, match=message) as caught:
        mt.load(path)
    assert "\n" not in str(caught.value)


def test_nothing_is_left_when_writing_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        random_tann(2).save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
