"""Tables of an audit: how wrong a network is at sampled Gauss points of a structure."""

from __future__ import annotations

from microtann.evaluation.audit import Audit
from microtann.report.table import Column, Table, Value, columns_of


def audit_table(audit: Audit) -> Table:
    """Return the distribution of the errors, of points drawn at random and by plastic work."""
    rows: list[tuple[Value, ...]] = []
    for draw, chosen in audit.draws.items():
        for name, values in audit.quantiles(chosen).items():
            rows.append((name, draw, int(chosen.sum()), *(float(v) for v in values)))
    columns = (
        *columns_of("text", "error of", "points drawn"),
        Column("number", kind="integer"),
        *columns_of("error", "median", "90 % below", "worst"),
    )
    note = (
        "The exact microstructure is solved along the strain histories of sampled Gauss points. Stress and "
        "internal coordinates: RMS "
    )
    note += "over increments and components, relative to the RMS over all sampled points. Dissipation: of all "
    note += "increments together, relative to the mean of the points, or to Ψ/100 where that is larger."
    if audit.distance is not None:
        note = (
            "The microstructure cannot be solved: the errors of the stress are those of held-out walks with "
            f"similar strains and states, interpolated. {audit.how_far[0].upper()}{audit.how_far[1:]}. RMS over "
            "increments and components, relative to the RMS over all sampled points."
        )
    if audit.total_dissipation is not None:
        error, half = audit.total_dissipation
        note += f" Dissipation of the whole structure, estimated from all points: {error:+.2g} ± {half:.1g} "
        note += "(95 % interval), relative to max(D, Ψ/100)."
    if audit.load_power is not None:
        error, half = audit.load_power
        note += f" Forces of the loads, estimated by their work: {error:.2g} ± {half:.1g} (95 % interval)."
    return Table("Audit: errors of the model in this structure", columns, tuple(rows), note)


def worst_points_table(audit: Audit, count: int = 5) -> Table:
    """Return the sampled points with the largest errors of stress, each with all its errors."""
    rows: list[tuple[Value, ...]] = []
    for index in audit.worst(count):
        place = ", ".join(f"{value:.3g}" for value in audit.position[index])
        numbers = (float(values[index]) for values in audit.errors.values())
        rows.append((int(audit.points[index]), f"({place})", float(audit.work[index]), *numbers))
    columns = (
        Column("Gauss point", kind="integer"),
        Column("position", kind="text"),
        Column("dissipated"),
        *(Column(name, kind="error") for name in audit.errors),
    )
    return Table("Audit: the worst points by the error of stress", columns, tuple(rows))
