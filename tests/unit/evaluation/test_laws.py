"""The test of the laws finds what breaks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.laws import examine_laws
from microtann.fem import Material
from microtann.tann.evolution import PlayMechanisms


class Elastic:
    """A linear elastic material that can be spoilt."""

    def __init__(self, spoil: Callable[[np.ndarray, dict], None], tangent_part: float = 0.0) -> None:
        self.spoil, self.tangent_part = spoil, tangent_part

    def initial_state(self, n: int) -> dict[str, np.ndarray]:
        return {"strain": np.zeros((n, 6)), "energy": np.zeros(n), "dissipation": np.zeros(n)}

    def update(
        self, strain_increment: np.ndarray, state: dict, dt: float = 1.0, tangent: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None, dict]:
        strain = state["strain"] + strain_increment
        stress = 2.0 * strain
        new = {"strain": strain, "energy": (strain**2).sum(axis=1), "dissipation": np.zeros(len(strain))}
        self.spoil(stress, new)
        stiffness = np.tile(2.0 * np.eye(6), (len(strain), 1, 1))
        stiffness[:, 0, 1] += self.tangent_part
        return stress, stiffness if tangent else None, new


def keep(stress: np.ndarray, new: dict) -> None:
    """Spoil nothing."""


def create_energy(stress: np.ndarray, new: dict) -> None:
    new["energy"] *= 1.5


def gain_from_dissipation(stress: np.ndarray, new: dict) -> None:
    new["dissipation"] -= 1e-6 * new["energy"]


def creep(stress: np.ndarray, new: dict) -> None:
    new["strain"] += 1e-6


def break_down(stress: np.ndarray, new: dict) -> None:
    stress[np.abs(stress) > 100.0] = np.nan


def test_an_elastic_material_keeps_the_laws() -> None:
    report = examine_laws(Elastic(keep), increments=3000)
    assert report.not_finite == report.negative_dissipation == 0
    assert report.drift == report.asymmetry == 0.0
    assert report.energy_gain < 1e-12
    assert report.least_stiffness == pytest.approx(1.0)
    assert report.tangent_error < 1e-6
    assert report.remainder < 1e-12
    assert report.remainder_square == 0.0
    assert (report.undivided, report.division) == (1.0, pytest.approx(0.0, abs=1e-12))
    assert "negative dissipation  0" in str(report)


@pytest.mark.parametrize(
    ("material", "name", "least"),
    [
        (Elastic(create_energy), "energy_gain", 0.01),
        (Elastic(gain_from_dissipation), "negative_dissipation", 1),
        (Elastic(creep), "drift", 1e-9),
        (Elastic(break_down), "not_finite", 1),
        (Elastic(keep, tangent_part=0.2), "asymmetry", 0.01),
        (Elastic(keep, tangent_part=0.2), "tangent_error", 0.01),
    ],
)
def test_every_broken_law_is_found(material: Material, name: str, least: float) -> None:
    assert getattr(examine_laws(material, increments=3000), name) >= least


class Lazy(PlayMechanisms):
    """Mechanisms that move a thousandth less than they should."""

    def __call__(self, energy, driving, state, driving_increment, dt):
        return state + 0.999 * (super().__call__(energy, driving, state, driving_increment, dt) - state)


class Counting(Elastic):
    """A material that gets stiffer with every update, and has no rest."""

    def update(
        self, strain_increment: np.ndarray, state: dict, dt: float = 1.0, tangent: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None, dict]:
        stress, stiffness, new = super().update(strain_increment, state, dt, tangent)
        new["updates"] = state.get("updates", np.zeros(len(stress))) + 1.0
        return stress * (1.0 + 1e-3 * new["updates"][:, None]), stiffness, new


def test_what_the_update_does_not_solve_is_found() -> None:
    exact = mt.load("cube")
    assert examine_laws(exact, increments=2000).certificate < 1e-11
    lazy = replace(exact.point, evolution=Lazy(exact.evolution.log_resistance))
    assert examine_laws(mt.TANN(lazy, exact.information), increments=500).certificate > 1e-4
    assert np.isnan(examine_laws(Elastic(keep), increments=500).certificate)  # solves nothing


def test_the_division_of_increments_is_measured() -> None:
    report = examine_laws(Counting(keep), increments=2000)
    assert report.undivided < 0.5  # increments from rest and of zero among them
    assert report.division > 1e-4
    assert report.division_rate > 1.5  # more parts change more
    whole = examine_laws(mt.load("cube"), increments=2000)
    assert whole.undivided == 1.0
    assert whole.division < 1e-12
    assert whole.division_rate == 0.0


def test_the_remainder_of_the_balance_is_of_second_order() -> None:
    report = examine_laws(mt.load("cube"), increments=5000)
    assert report.remainder < 1e-12
    assert 1e-3 < report.remainder_square < 6 / 8
    spoilt = examine_laws(Elastic(gain_from_dissipation), increments=2000)
    assert spoilt.remainder > 1e-8
    assert spoilt.remainder_square > 1e3  # where increments are small


def test_the_exact_cell_keeps_the_laws() -> None:
    report = examine_laws(mt.Lattice(mt.cube_cell()), increments=2000)
    assert report.not_finite == report.negative_dissipation == 0
    assert report.drift < 1e-12
    assert report.energy_gain < 1e-12


def test_no_increments_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        examine_laws(Elastic(keep), increments=0)
