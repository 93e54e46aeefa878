"""A Gauss point at which a simulation failed: what is known of it, and its material in smaller parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from microtann.fem.failed_point import FailedPoint
from microtann.fem.failure import tangent_errors
from microtann.materials.protocol import Material
from microtann.report.table import Column, Table, Value, columns_of

PARTS = (1, 2, 4, 8, 16, 32, 64)
"""Equal parts in which the strain increment is tried."""


def failure_lines(point: FailedPoint) -> list[str]:
    """Return what is known of a failure, in lines."""
    step = f" of step {point.step!r}" if point.step else ""
    lines = [f"{point}, increment {point.increment}{step}", f"material: {point.description}", point.reason, ""]
    lines += [f"strain            {_vector(point.strain)}", f"strain increment  {_vector(point.strain_increment)}"]
    for failed in point.failures:
        residuals = ", ".join(f"{r:.1e}" for r in failed.residuals[-8:]) or "none"
        lines.append(
            f"attempt from {failed.start:.4g} to {failed.end:.4g}: residuals {residuals}; {failed.reason}"
        )
    return lines


def divided_increment_table(point: FailedPoint, material: Material) -> Table:
    """Return how the material answers to the strain increment as a whole, and in equal parts."""
    rows: list[tuple[Value, ...]] = []
    for parts in PARTS:
        rows.append((parts, *_answer(point, material, parts)))
    columns = (
        Column("parts", kind="integer"),
        Column("answer", kind="text"),
        *columns_of("error", "|stress|", "energy", "tangent off", "skew"),
    )
    note = (
        "tangent off: largest difference of the tangent of the last part from finite differences of the stress. "
    )
    note += "skew: its largest difference from its transpose. Both relative to its largest entry."
    return Table("The strain increment in equal parts", columns, tuple(rows), note)


def _answer(point: FailedPoint, material: Material, parts: int) -> tuple[Value, ...]:
    """Return one row of the table, without the number of parts."""
    increment, state, dt = point.strain_increment[None] / parts, dict(point.state), point.dt / parts
    with np.errstate(all="ignore"):
        for part in range(parts):
            before = state
            try:
                stress, tangent, state = material.update(increment.copy(), dict(before), dt, True)
            except Exception as error:  # whatever a user's material raises is its answer
                where = f" in part {part + 1}" if parts > 1 else ""
                return f"{type(error).__name__}{where}: {error}", None, None, None, None
            wrong = [
                name
                for name, values in (("stress", stress), ("tangent", tangent), ("energy", state["energy"]))
                if not np.isfinite(np.asarray(values, dtype=np.float64)).all()
            ]
            if wrong:
                where = f" in part {part + 1}" if parts > 1 else ""
                return f"{' and '.join(wrong)} not finite{where}", None, None, None, None
        try:
            off, skew = (float(value[0]) for value in tangent_errors(material, increment, before, dt))
        except Exception as error:
            return f"{type(error).__name__} beside it: {error}", None, None, None, None
    return "ok", float(np.linalg.norm(stress)), float(state["energy"][0]), off, skew


def _vector(values: Any) -> str:
    return "  ".join(f"{value: .4e}" for value in values)
