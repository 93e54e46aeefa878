"""The form of laws: descent and polish, the laws of thermodynamics, files, data without elastic increments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ReadingNote
from microtann.evaluation.laws import examine_laws
from microtann.fem import VonMises
from microtann.training.walk_errors import dataset_errors

SETTINGS = {"states": 3, "updates": 60, "polish_updates": 50, "polish_walks": 12, "batch": 8}


@pytest.fixture(scope="module")
def data() -> mt.Dataset:
    """Viscous isotropic hardening in plane strain, with durations over two decades."""
    point = mt.SolidPoint(VonMises(isotropic_hardening=0.1, viscosity=0.2, plane="strain"))
    return mt.generate_data(point, mt.WalkPlan(paths=24, steps=20, increment=0.3, decades=2.0))


@pytest.fixture(scope="module")
def tann(data: mt.Dataset) -> mt.TANN:
    return mt.train(data, mt.forms.Laws(**SETTINGS, saturations=0, starts=2))


def test_it_learns_and_its_polish_goes_on(data: mt.Dataset, tann: mt.TANN) -> None:
    phases = {record.phase: record.training for record in tann.information.history}
    assert list(phases) == ["descent", "polish"]
    assert phases["polish"] < phases["descent"]
    errors = dataset_errors(tann, data)
    assert errors.stress < 0.2
    assert tann.states == 4


def test_the_laws_hold_and_a_file_keeps_it(data: mt.Dataset, tann: mt.TANN, tmp_path: Path) -> None:
    report = examine_laws(tann, tann.components, increments=200)
    assert report.negative_dissipation == report.not_finite == 0, report
    tann.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.linspace(0.2, 1, 4)[:, None] * np.array([0.8, -0.8, 0.4])
    for dt in (0.1, 10.0):
        np.testing.assert_array_equal(
            read.recall(strain, dt, outside_training="none").stress,
            tann.recall(strain, dt, outside_training="none").stress,
        )
    fast, slow = (tann.recall(strain, dt, outside_training="none").stress[-1] for dt in (0.01, 100.0))
    assert np.linalg.norm(fast) > 1.05 * np.linalg.norm(slow)


def test_data_without_elastic_increments_are_learnt_from() -> None:
    """A standard linear solid: no elastic domain is assumed, and the forms that need a response of ξ find one."""
    point = mt.SolidPoint(VonMises(yield_stress=0.0, viscosity=0.3, plane="strain"))
    data = mt.generate_data(point, mt.WalkPlan(paths=16, steps=20, decades=2.0))
    with pytest.warns(ReadingNote, match="increments that dissipate least"):
        tann = mt.train(data, mt.forms.Laws(**(SETTINGS | {"updates": 20, "polish_updates": 0}), hardening=False))
    assert np.all(np.asarray(tann.point.evolution.resistance_root) == 0.0)
    assert dataset_errors(tann, data).stress < 0.5


def test_the_power_of_the_rate_is_learnt() -> None:
    """Of m = 1/2, from 1 on, in few updates; a model that is told a power keeps it."""
    point = mt.SolidPoint(VonMises(viscosity=0.3, rate_exponent=0.5, plane="strain"))
    data = mt.generate_data(point, mt.WalkPlan(paths=24, steps=20, increment=0.3, decades=2.0))
    told = {"hardening": False, "saturations": 0, "polish_updates": 150}
    learnt, given = (
        mt.train(data, mt.forms.Laws(**(SETTINGS | told), learn_exponent=free)) for free in (True, False)
    )
    assert np.all(np.asarray(given.point.evolution.exponent) == 1.0)
    assert abs(float(learnt.point.evolution.exponent[0]) - 0.5) < 0.1
    assert dataset_errors(learnt, data).stress < dataset_errors(given, data).stress
