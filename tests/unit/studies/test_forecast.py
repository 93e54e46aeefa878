"""What a structure will cost: scaling laws by hand, the choice of a method, and a forecast beside its run."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.history import Statistics
from microtann.errors import InputError
from microtann.evaluation.structures import reference_case
from microtann.studies import forecast as forecasts
from microtann.studies import refinement
from microtann.studies.forecast import Estimate, Forecast, forecast
from microtann.studies.forecast_tables import bands_table, forecast_table, recommendation
from microtann.studies.refinement import CellRuns, ExpectedError, Trend, expected_errors, gaps

COST = Statistics(1, 1, 1, 0, 0.0, 0.0, 0.0, 0.0)


def estimate(method: str, once: float, run: float, memory: float, error: float) -> Estimate:
    errors = {"displacement": error, "energy": 0.5 * error, "force": 0.0, "dissipation": 10.0 * error}
    bands = {name: (0.5 * value, 1.2 * value) for name, value in errors.items()}
    return Estimate(method, once, run, memory, errors, bands)


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
    assert "may reach" not in text  # 1.2 times 2 %
    assert "within an error of 2.20 % to expect, which may reach 2.40 %" in recommendation(FOUND, 10, 0.022, 4.0)
    rows = {row[:2]: row[2:] for row in bands_table(FOUND).rows}
    assert len(rows) == 8
    assert rows["FE²", "displacement"] == pytest.approx((0.02, 0.01, 0.024))


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


def test_what_a_cell_adds_is_measured_and_falls_with_its_size() -> None:
    """Made up: elements are off by h, regular lattices by e, and those of the cell by 0.1 e more in u_x."""
    sizes, units = (2.0, 1.0, 0.5), (1.0, 0.5, 0.25)
    elements = Trend(sizes, {"u_x": [1.0 + 0.1 * h for h in sizes], "energy": [5.0] * 3}, (COST,) * 3, (1, 2, 3))
    lattices = Trend(units, {"u_x": [1.0 + 0.1 * e for e in units], "energy": [5.0] * 3}, (COST,) * 3, (1, 2, 3))
    at = CellRuns(2.0, 0.5, {"u_x": 1.2, "energy": 5.0}, {"u_x": 1.05 + 0.05, "energy": 5.0})
    found = expected_errors(elements, lattices, at, 0.5, 0.25)
    own = ((1.2 - 1.1) / 1.1 - (1.2 - 1.05) / 1.05) * 0.25 / 0.5
    regular = (1.05 - 1.025) / 1.025
    assert found["displacement"].value == pytest.approx(abs(regular + own))
    half = 0.3 * (0.05 + 0.025 + abs(own) + 1e-4)
    assert found["displacement"].high == pytest.approx(abs(regular + own) + half)
    assert found["displacement"].low == pytest.approx(max(0.0, abs(regular + own) - half))
    assert found["energy"] == ExpectedError(0.0, 0.0, 0.3 * 1e-4)
    more = ExpectedError(0.03, 0.02, 0.05).plus(0.01)
    assert (more.value, more.low, more.high) == pytest.approx((0.04, 0.01, 0.06))


def test_equal_sizes_of_mesh_and_lattice_are_no_certainty() -> None:
    """Where both errors of the regular lattice cancel, the band still has their size."""
    sizes = (2.0, 1.0, 0.5)
    trend = Trend(sizes, {"u_x": [1.0 + 0.1 * h for h in sizes], "energy": [5.0] * 3}, (COST,) * 3, (1, 2, 3))
    last = {"u_x": 1.1, "energy": 5.0}
    found = expected_errors(trend, trend, CellRuns(1.0, 1.0, last, last), 1.0, 1.0)["displacement"]
    assert found.value == pytest.approx(0.0, abs=1e-15)
    assert found.high == pytest.approx(0.3 * (0.1 + 0.1 + 1e-4))


def test_a_forecast_is_near_the_runs_that_it_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refinement, "MESHES", (5.0, 2.5, 1.25))
    monkeypatch.setattr(refinement, "CELLS", (2, 4, 8))
    monkeypatch.setattr(forecasts, "COARSE", (2.5,))
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
    assert all(low <= fe2.errors[name] <= high for name, (low, high) in fe2.bands.items())
    assert fe2.bands["displacement"][1] > fe2.errors["displacement"]
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
