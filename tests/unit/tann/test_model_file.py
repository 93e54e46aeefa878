"""The model file: what is written comes back; what is damaged is refused in one sentence."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from random_tann import random_tann
from safetensors.numpy import save_file

import microtann as mt
from microtann.errors import ModelFileError
from microtann.system.tensors import read_tensors, write_tensors
from microtann.tann.information import TrainingRange, TrainingRecord


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
    assert read.microstructure is None


def test_cell_bar_and_history_are_kept(tmp_path: Path) -> None:
    tann = mt.load("cube")
    tann.save(tmp_path / "copy.safetensors")
    copy = mt.load(tmp_path / "copy.safetensors")
    assert np.array_equal(copy.microstructure.cell.nodes, mt.cube_cell().nodes)
    assert copy.microstructure.bar == mt.ElastoplasticBar()
    assert copy.information.history == tann.information.history
    assert isinstance(copy.information.history[0], TrainingRecord)


def test_the_shipped_model_of_the_cube_is_the_cube() -> None:
    shipped = mt.load("cube")
    assert (shipped.form, shipped.states, shipped.microstructure.bar) == ("play", 13, mt.ElastoplasticBar())
    assert np.array_equal(shipped.microstructure.cell.nodes, mt.cube_cell().nodes)
    strain = np.random.default_rng(0).normal(0, 0.2, size=(20, 6)).cumsum(axis=0)
    exact = shipped.microstructure.solve(strain)
    recall = shipped.recall(strain, decode=True, outside_training="none")
    np.testing.assert_allclose(recall.stress, exact.stress, rtol=0, atol=1e-12)
    np.testing.assert_allclose(recall.force, exact.force, rtol=0, atol=1e-12)


def test_the_training_range_is_kept(tmp_path: Path) -> None:
    known = TrainingRange(np.ones(6), 0.1 * np.ones(6), np.full(6, 0.4), np.arange(18.0).reshape(2, 9), np.eye(3))
    tann = random_tann(1)
    tann = replace(tann, information=replace(tann.information, training_range=known))
    tann.save(tmp_path / "ranged.safetensors")
    read = mt.load(tmp_path / "ranged.safetensors").information.training_range
    for field in fields(TrainingRange):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(known, field.name))
    narrow = replace(known, state=np.zeros((2, 8)))
    replace(tann, information=replace(tann.information, training_range=narrow)).save(
        tmp_path / "narrow.safetensors"
    )
    with pytest.raises(ModelFileError, match="do not fit together"):
        mt.load(tmp_path / "narrow.safetensors")


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


def test_one_flipped_bit_is_refused_or_changes_nothing(path: Path, tmp_path: Path) -> None:
    content, original = path.read_bytes(), read_tensors(path)
    draw = np.random.default_rng(0)
    flipped, refused = tmp_path / "flipped.safetensors", 0
    header_end = 8 + int.from_bytes(content[:8], "little")
    places = [*draw.integers(0, len(content), 150), *draw.integers(0, header_end, 150)]
    for place, bit in zip(places, draw.integers(0, 8, len(places)), strict=True):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        flipped.write_bytes(damaged)
        try:
            mt.load(flipped)
        except ModelFileError:
            refused += 1
        else:
            found = read_tensors(flipped)
            assert found.texts == original.texts
            assert all(np.array_equal(found.arrays[name], original.arrays[name]) for name in original.arrays)
    assert refused > 290


def test_a_file_without_its_checksum_is_refused(path: Path) -> None:
    tensors, metadata, _ = read_tensors(path)
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(ModelFileError, match="do not match their checksum"):
        mt.load(path)


def test_one_model_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    for number in range(5):
        random_tann(1).save(tmp_path / f"{number}.safetensors")
        assert (tmp_path / f"{number}.safetensors").read_bytes() == path.read_bytes()
    mt.load(path).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


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
        (lambda t, m: m.update(schema="1"), "schema '1'"),
        (lambda t, m: m.update(information=m["information"].replace('"shear"', '"sheer"')), "do not fit together"),
        (lambda t, m: t.pop("energy.coupling"), "do not fit together"),
        (lambda t, m: t.update({"energy.coupling": t["energy.coupling"][:-1]}), "do not fit together"),
        (lambda t, m: t.update({"reduction.decoder": t["reduction.decoder"][:, :-1]}), "do not fit together"),
        (lambda t, m: t["energy.coupling"].fill(np.nan), "not finite"),
        (lambda t, m: m.update(information=m["information"].replace('"play"', '"poetry"')), "poetry"),
        (lambda t, m: m.update(information="{"), "do not fit together"),
        (
            lambda t, m: m.update(information=m["information"].replace('"33", "23"', '"23", "33"')),
            "components are",
        ),
        (lambda t, m: m.update(information=m["information"].replace('"engineering"', '"tensor"')), "'tensor'"),
        (lambda t, m: t["scaling.driving"].__imul__(-1.0), "scale is not positive"),
        (lambda t, m: m.update(parts=m["parts"].replace("PlayMechanisms", "Popen")), "'Popen' is not known"),
        (lambda t, m: m.update(parts="[]"), "do not fit together"),
    ],
)
def test_a_damaged_model_is_refused(path: Path, change: object, message: str) -> None:
    tensors, metadata, _ = read_tensors(path)
    change(tensors, metadata)
    write_tensors(path, tensors, metadata)
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


def test_a_model_is_loaded_without_solving_for_any_slips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call of the solver compiles it for many seconds."""
    monkeypatch.setattr("microtann.slips.walk_kernel.follow_walks", None)
    assert mt.load("cube-2x2x2-perturbed").states == 48
