"""The report shows how the increments of every analysis went, where there is something to show."""

from __future__ import annotations

import microtann as mt
from microtann.equilibrium.increment_table import ROWS_SHOWN
from microtann.evaluation.comparison import Comparison
from microtann.evaluation.structures import lcU2
from microtann.fem import Model, Result, SolverOptions, Step
from microtann.report.increment_tables import increment_tables

CASE = lcU2(lengths=(1.0, 1.0, 1.0))


def solved(increments: int, options: SolverOptions | None = None) -> Result:
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1), CASE.origin)
    step = Step(CASE.steps[0].prescribed, increments=increments, name="compress")
    return Model(mesh, mt.Lattice(mt.cube_cell())).solve([step], options)


def test_an_analysis_in_several_parts_has_a_table() -> None:
    exact = solved(1, SolverOptions(first_fraction=0.25))
    (table,) = increment_tables(Comparison(CASE, {"model": solved(1), "exact": exact}))
    assert table.title == "Increments of lcU2, FE, exact cell"
    row = exact.statistics.increments[0]
    assert table.rows == ((0, "compress", 1.0, 3, 0, "1/4", row.newton, row.linear, row.residual, row.seconds),)
    assert "1/4" in table.to_html()


def test_a_long_table_leaves_out_the_middle() -> None:
    (table,) = increment_tables(Comparison(CASE, {"exact": solved(ROWS_SHOWN + 10)}))
    assert len(table.rows) == ROWS_SHOWN
    assert table.note.endswith("10 increments in the middle are left out.")
    assert table.rows[-1][0] == ROWS_SHOWN + 9
