"""The results quoted in README.md are those of the package and of the independent reference values."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from reference_table import FOLDER, read

import microtann as mt
from microtann.evaluation.comparison import Comparison
from microtann.evaluation.structures import CASES
from microtann.reproduction import PUBLISHED

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ROUND_OFF = 1e-12
"""Errors that README.md calls round-off: those of a model that training has made exact."""


def rows(title: str) -> dict[str, list[str]]:
    """Return the cells of the table whose head begins with a title, by the first cell of the row."""
    table = README[README.index(f"| {title}") :].split("\n\n")[0]
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()]
    return {first: rest for first, *rest in lines[2:]}


def test_quoted_errors_in_recall_are_round_off_beside_those_of_the_paper() -> None:
    found = rows("relative RMS stress error in closed loop")
    assert [name[0] for name in found] == list(PUBLISHED.stress)
    card = mt.model_card("cube-published")
    for name, (ours, networks, theirs) in found.items():
        assert float(ours) <= ROUND_OFF
        assert float(networks) == pytest.approx(card.errors[name[0]]["stress"], rel=0.05)  # two digits
        assert float(theirs) == PUBLISHED.stress[name[0]]


def test_quoted_errors_of_the_networks_for_two_dimensions() -> None:
    found = re.search(r"`square-2x2-published`, have errors of (\S+) to (\S+) on these paths", README)
    assert found is not None
    errors = [mt.model_card("square-2x2-published").errors[name]["stress"] for name in PUBLISHED.stress]
    assert [float(found[1]), float(found[2])] == pytest.approx([min(errors), max(errors)], rel=0.05)  # two digits


def test_quoted_models_are_those_of_the_cards() -> None:
    found = rows("stress error, perturbed cell")
    assert len(found) == 4
    for cell, (bars, states, *errors, median, most, worst, seconds) in found.items():
        suffix = "-12" if cell == "square 2x2" else ""
        card = mt.model_card(f"{cell.replace(' ', '-')}-perturbed-variational{suffix}")
        assert (int(bars), int(states)) == (card.exact_states, card.states)
        assert float(seconds) == pytest.approx(card.data_seconds + card.training_seconds, abs=0.5)
        for name, error in zip("abcdefh", errors, strict=True):
            assert float(error) == pytest.approx(card.errors[name]["stress"], rel=0.05)  # two digits
        directions = card.errors["r"]["directions"]["stress"]
        assert [float(median), float(most), float(worst)] == pytest.approx(list(directions.values()), rel=0.05)


def test_quoted_violations_and_drift() -> None:
    found = re.search(r"There are (\d+) increments .* move the stress by ([\d.e-]+)\.", README)
    assert found is not None
    assert int(found[1]) == 0
    assert float(found[2]) <= 1e-14


def test_quoted_structure_has_the_reference_values() -> None:
    """FE against the values of its mesh, the full lattice against those of OpenSees, to the digits quoted."""
    fe, lattice = read(FOLDER / "verify-lcT2-fe-fine.csv"), read(FOLDER / "verify-lcT2-lattice.csv")
    assert lattice.source.startswith("OpenSees")
    quoted = rows("twisted prism (lcT2)")
    assert set(quoted) == set(fe.columns)
    for name, (model, exact, full, network, homogenisation) in quoted.items():
        assert float(exact) == float(f"{fe.columns[name][-1]:.4g}")
        assert float(model) == float(exact)
        assert float(full) == float(f"{lattice.columns[name][-1]:.4g}")
        assert float(network) <= ROUND_OFF
        gap = abs(fe.columns[name][-1] / lattice.columns[name][-1] - 1)
        assert float(homogenisation) == pytest.approx(gap, rel=0.05)  # quoted with two digits


@pytest.mark.parametrize("name", ["lcC2", "lcT2", "lcH"])
def test_the_network_error_of_structures_is_round_off(name: str) -> None:
    """FE with the shipped model against FE with the exact cell, on small versions of the reference structures."""
    tall = 1 if name == "lcC2" else 2
    case = CASES[name](lengths=(2.0, 2.0, 2.0 * tall))
    mesh = mt.fem.box(case.lengths, (2, 2, 2 * tall), case.origin)
    tann = mt.load("cube")
    model, exact = (
        mt.fem.Model(mesh, material).solve(case.steps, mt.fem.SolverOptions(tolerance=1e-13))
        for material in (tann, tann.microstructure)
    )
    errors = Comparison(case, {"model": model, "exact": exact}).network_errors
    assert errors is not None
    assert max(errors.values()) <= ROUND_OFF, errors
    assert exact.dissipation[-1] > 0
    assert np.isfinite(list(errors.values())).all()
