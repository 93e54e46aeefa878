"""The test of the laws finds what breaks them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.laws import examine_laws
from microtann.fem import Material


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


def test_the_exact_cell_keeps_the_laws() -> None:
    report = examine_laws(mt.fem.ExactCell(mt.cube_cell(), mt.ElastoplasticBar()), increments=2000)
    assert report.not_finite == report.negative_dissipation == 0
    assert report.drift < 1e-12
    assert report.energy_gain < 1e-12


def test_no_increments_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        examine_laws(Elastic(keep), increments=0)
