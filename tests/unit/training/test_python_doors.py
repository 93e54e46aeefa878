"""Data, training and evaluation in Python: the same as by the commands, with files or without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.errors import ConfigurationError, InputError
from microtann.evaluation.closed_loop import evaluate, protocol
from microtann.forms import Play
from microtann.training import train
from microtann.training.train import trainable

PLAN = mt.WalkPlan(paths=40, steps=30)
FORM = Play(states=6, descent_updates=500, batch=200, learning_rate=1e-2, polish_updates=100)


def test_data_in_memory_and_through_a_file_are_the_same_and_train_the_same(tmp_path: Path) -> None:
    memory = mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), plan=PLAN)
    file = tmp_path / "walks.h5"
    read = mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), PLAN, file=file)
    assert file.is_file()
    plain = generate(mt.Lattice(mt.square_cell((1, 1))), PLAN)
    for data in (memory, read, mt.read_dataset(file)):
        np.testing.assert_array_equal(data.training.stress_next, plain.training.stress_next)
        np.testing.assert_array_equal(data.test.coordinates, plain.test.coordinates)
    first, second = train(memory, FORM), train(file, FORM)
    np.testing.assert_array_equal(first.energy.coupling, second.energy.coupling)
    assert mt.train is train


def test_a_form_by_name() -> None:
    assert trainable("play") == Play()
    with pytest.raises(ConfigurationError, match="unknown form 'plays'"):
        mt.train(mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), plan=PLAN), "plays")


def test_evaluation_of_a_named_model_and_of_a_path_of_ones_own() -> None:
    tann = mt.load("cube")
    assert evaluate("cube", ["b"]).paths["b"] == evaluate(tann, ["b"]).paths["b"]
    strain = protocol(tann, ["b"])[0].strain
    own = mt.evaluate(tann, strain=strain[0]).paths["own"]
    assert own.stress == evaluate(tann, ["b"]).paths["b"].stress
    with pytest.raises(InputError, match="strain"):
        mt.evaluate(tann, strain=np.zeros((3, 4)))
