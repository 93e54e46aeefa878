"""What a structure will cost: scaling laws by hand, the choice of a method, and a forecast beside its run."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.history import Statistics
from microtann.errors import InputError
from microtann.evaluation.structures import reference_case
from microtann.studies import refinement
from microtann.studies.forecast import Estimate, Forecast, forecast
from microtann.studies.forecast_tables import forecast_table, recommendation
from microtann.studies.refinement import Trend, gaps

COST = Statistics(1, 1, 1, 0, 0.0, 0.0, 0.0, 0.0)


def estimate(method: str, once: float, run: float, memory: float, error: float) -> Estimate:
    errors = {"displacement": error, "energy": 0.5 * error, "force": 0.0, "dissipation": 10.0 * error}
    return Estimate(method, once, run, memory, errors)


FOUND = Forecast(
    "lcT2",
    0.5,
    0.05,
    (
        estimate("dns", 0.0, 100.0, 8.0, 0.0),
        estimate("fe2", 0.0, 60.0, 2.0, 0.02),
        estimate("tann", 150.0, 3.0, 1.0, 0.03),
    ),
    {},
    {},
)


def test_the_cheapest_that_is_good_enough_and_fits_is_best() -> None:
    def best(runs: int, error: float, memory: float = 16.0) -> str | None:
        found = FOUND.best(runs, error, memory)
        return None if found is None else found.method

    assert best(1, 0.05) == "fe2"
    assert best(2, 0.05) == "fe2"  # 120 against 156
    assert best(3, 0.05) == "tann"  # 180 against 159
    assert best(3, 0.025) == "fe2"
    assert best(3, 0.01) == "dns"
    assert best(3, 0.01, memory=4.0) is None
    assert FOUND.runs_until_it_pays == pytest.approx(150.0 / 57.0)
    assert FOUND.estimates[1].error == 0.02  # the dissipation does not decide


def test_the_recommendation_says_what_the_others_lack() -> None:
    text = recommendation(FOUND, 10, 0.025, 4.0)
    assert text.startswith("Use FE²: 10 runs take 600 CPU s within an error of 2.50 %")
    assert "full lattice (DNS) does not fit into memory (8 GB)" in text
    assert "FE × TANN is off by 3.00 %" in text
    assert text.endswith("A network pays against FE² from run 3 on.")
    assert "comes nearest with 2.00 %" in recommendation(FOUND, 10, 0.01, 4.0)
    assert "None of the three fits" in recommendation(FOUND, 10, 0.01, 0.5)
    assert forecast_table(FOUND, 10).rows[2][:4] == ("FE × TANN", 150.0, 3.0, 180.0)


def test_a_trend_goes_on_with_its_order() -> None:
    sizes = (2.0, 1.0, 0.5)
    quantities = {"energy": [3.0 + h**1.5 for h in sizes], "u_x": [1.0, 2.0, 1.5], "axial_force": [7.0, 7.0, 7.0]}
    trend = Trend(sizes, quantities, (COST,) * 3, (1, 2, 3))
    found = trend.at(0.25)
    assert found["energy"] == pytest.approx(3.0 + 0.25**1.5)
    assert found["u_x"] == pytest.approx(1.25)  # no order: linear from the two finest
    assert found["axial_force"] == 7.0
    assert trend.at(1.0)["energy"] == pytest.approx(4.0)


def test_gaps_are_relative_and_a_small_dissipation_is_measured_by_the_energy() -> None:
    reference = {"u_x": 2.0, "u_z": 1.0, "energy": 50.0, "dissipation": 0.1, "torque": -4.0}
    values = {"u_x": 2.2, "u_z": 1.2, "energy": 49.0, "dissipation": 0.2, "torque": -5.0}
    expected = {"displacement": 0.2, "energy": 0.02, "dissipation": 0.2, "force": 0.25}
    assert gaps(values, reference) == pytest.approx(expected)


def test_a_forecast_is_near_the_runs_that_it_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refinement, "MESHES", (5.0, 2.5, 1.25))
    monkeypatch.setattr(refinement, "CELLS", (2, 4, 8))
    case, tann = reference_case("lcC1"), mt.load("cube")
    found = forecast(case, tann, 1.25, 1 / 8, once=100.0)
    dns, fe2, network = found.estimates
    assert [e.method for e in found.estimates] == ["dns", "fe2", "tann"]
    exact = mt.fem.Model(mt.fem.box(case.lengths, (8, 8, 8), case.origin), tann.microstructure)
    lattice = mt.Structure.box(tann.microstructure.cell, tann.microstructure.bar, case.lengths, 1.25, case.origin)
    runs = [body.solve(case.steps) for body in (exact, lattice)]
    last = [{name: float(value[-1]) for name, value in case.quantities(run).items()} for run in runs]
    # sizes that were computed: the regular lattice is its own stand-in
    assert fe2.errors == pytest.approx(gaps(*last), rel=1e-6, abs=1e-9)
    assert network.errors == pytest.approx(fe2.errors, abs=1e-9)
    assert dns.error == 0.0
    assert network.once == 100.0
    assert found.measured["bars of the full lattice"] == 13 * 8**3
    assert 0.4 < dns.memory_gb < fe2.memory_gb < network.memory_gb < 0.6
    assert all(math.isfinite(e.run) and e.run > 0.0 for e in found.estimates)


def test_what_no_forecast_can_be_made_of_is_refused() -> None:
    case = reference_case("lcU1")
    with pytest.raises(InputError, match="a lattice in space"):
        forecast(case, mt.load("square-2x2"), 1.0, 0.1, 0.0)
    with pytest.raises(InputError, match="do not fill"):
        forecast(case, mt.load("cube"), 3.0, 0.1, 0.0)
    assert np.isfinite(FOUND.runs_until_it_pays)
