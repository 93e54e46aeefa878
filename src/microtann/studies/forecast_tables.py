"""A forecast of cost as tables and as one recommendation."""

from __future__ import annotations

import math

from microtann.report.number import format_number
from microtann.report.table import Column, Table, columns_of
from microtann.studies.forecast import KINDS, Estimate, Forecast

NAMES = {"dns": "full lattice (DNS)", "fe2": "FE²", "tann": "FE × TANN"}


def forecast_table(found: Forecast, runs: int) -> Table:
    """Return time, memory and errors to expect of every method."""
    columns = (
        Column("method", kind="text"),
        Column("before the first run", "s", "seconds"),
        Column("a run", "s", "seconds"),
        *((Column(f"{runs} runs in all", "s", "seconds"),) if runs > 1 else ()),
        Column("memory", "GB"),
        *(Column(kind, kind="percent") for kind in KINDS),
    )
    rows = tuple(
        (
            NAMES[e.method],
            e.once,
            e.run,
            *((e.seconds(runs),) if runs > 1 else ()),
            e.memory_gb,
            *(e.errors[kind] for kind in KINDS),
        )
        for e in found.estimates
    )
    note = (
        f"Elements of {found.mesh_size:g}, full lattice with ε = {found.ratio:g}. CPU seconds of this machine. "
        "Errors to expect against the full lattice, relative to its value, the dissipation to max(D, Ψ/100): "
        "those of the regular lattice at these sizes and what the cell adds to them at coarse ones; for FE × TANN "
        "that of the untrained network on a coarse mesh on top, of which training leaves a part."
    )
    return Table(f"What {found.case} will cost", columns, rows, note)


def bands_table(found: Forecast) -> Table:
    """Return the errors to expect with the bands in which they were where it was measured."""
    rows = tuple(
        (NAMES[e.method], kind, e.errors[kind], *e.bands[kind])
        for e in found.estimates
        if e.method != "dns"
        for kind in KINDS
    )
    columns = (
        *columns_of("text", "method", "error of"),
        *columns_of("percent", "to expect", "at least", "at most"),
    )
    note = (
        "Errors of mesh and lattice partly cancel, and how far they do is not known beforehand. All errors of FE² "
        "that python -m benchmarks forecasts measured were within. The recommendation leaves out the dissipation."
    )
    return Table(f"How sure the errors of {found.case} are", columns, rows, note)


def measured_table(found: Forecast, data: float, training: float, per_update: float) -> Table:
    """Return what was measured.

    Parameters
    ----------
    found : Forecast
    data, training, per_update : float
        CPU seconds of data, of training, and of one update of a short training.
    """
    pays = found.runs_until_it_pays
    rows = (
        *found.measured.items(),
        ("data, CPU s", data),
        ("training, CPU s", training),
        ("update of a short training, CPU s", per_update),
        *((f"error of the untrained network, {name}", value) for name, value in found.network_errors.items()),
        ("runs of FE² after which a network pays", pays if math.isfinite(pays) else None),
    )
    return Table("What the forecast rests on", (Column("", kind="text"), Column("value")), tuple(rows))


def recommendation(found: Forecast, runs: int, error: float, memory_gb: float) -> str:
    """Return in words which method to use.

    Parameters
    ----------
    found : Forecast
    runs : int
        That are planned.
    error : float
        Relative; largest that is allowed.
    memory_gb : float
        Of the machine.
    """
    best = found.best(runs, error, memory_gb)
    within = f"an error of {format_number(error, 'percent')}"
    if best is None:
        least = min((e for e in found.estimates if e.memory_gb <= memory_gb), key=lambda e: e.error, default=None)
        if least is None:
            return "None of the three fits into the memory of this machine: use larger elements."
        return (
            f"Nothing that fits into the memory of this machine stays within {within}: {_named(least)} comes "
            f"nearest with {format_number(least.error, 'percent')}. Use smaller elements."
        )
    others = [e for e in found.estimates if e is not best]
    beside = "; ".join(f"{_named(e)} {_why(e, runs, error, memory_gb)}" for e in others)
    plural = "a run takes" if runs == 1 else f"{runs} runs take"
    pays = found.runs_until_it_pays
    text = f"Use {_named(best)}: {plural} {best.seconds(runs):.3g} CPU s within {within}"
    if best.highest > error:
        text += f" to expect, which may reach {format_number(best.highest, 'percent')}"
    text += f"; {beside}."
    if best.method != "tann" and math.isfinite(pays):
        text += f" A network pays against FE² from run {max(1, math.ceil(pays))} on."
    return text


def _named(estimate: Estimate) -> str:
    return NAMES[estimate.method]


def _why(estimate: Estimate, runs: int, error: float, memory_gb: float) -> str:
    if estimate.memory_gb > memory_gb:
        return f"does not fit into memory ({estimate.memory_gb:.3g} GB)"
    if estimate.error > error:
        return f"is off by {format_number(estimate.error, 'percent')}"
    return f"takes {estimate.seconds(runs):.3g} CPU s"
