"""What a refinement reports: errors by rounds, what was learnt, the cost beside FE², the walks of before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.refinement.refinement_choice import RefinementChoice
from microtann.refinement.stopping import worst_ratio
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.studies.study_figures import draw_study

QUANTITIES = {"stress": "stress", "dissipation": "dissipation", "forces": "forces", "named": "named quantities"}
FIGURE = "rounds.png"


def refinement_section(
    folder: Path,
    rounds: Sequence[Mapping[str, Any]],
    best: int,
    choice: RefinementChoice,
    reason: str,
    job: str,
) -> Section:
    """Draw the errors by rounds into a folder, and return the section with the tables.

    Parameters
    ----------
    folder : Path
    rounds : sequence of mapping
        Numbers of every round.
    best : int
        Round whose model is kept.
    choice : RefinementChoice
    reason : str
        Why there was no other round.
    job : str
        Name of the job.
    """
    drawn = {
        shown: [(float(k), abs(r["errors"][name])) for k, r in enumerate(rounds) if r["errors"][name] is not None]
        for name, shown in QUANTITIES.items()
    }
    drawn["walks of before"] = [(float(k), r["walks"]["stress"]) for k, r in enumerate(rounds)]
    drawn = {name: points for name, points in drawn.items() if points}
    draw_study(folder / FIGURE, drawn, "round", "relative error [–]", within=choice.target)
    worst = worst_ratio(rounds[best], choice)
    kept = f"The model of round {best} is kept ({rounds[best]['states']} states), "
    kept += (
        "within all targets."
        if worst <= 1.0
        else f"whose worst error, at the upper end of its interval, is {worst:.2g} times what was asked for."
    )
    walked = " → ".join(f"{rounds[number]['walks']['stress']:.1e}" for number in sorted({0, best}))
    kept += f" Stress error on held-out walks of before: {walked}."
    return Section(
        title=f"Refinement of a model for {job}",
        order=5,
        paragraphs=(f"{reason[:1].upper()}{reason[1:]}. {kept}",),
        tables=(error_table(rounds, choice), refinement_cost_table(rounds)),
        figures=(Figure(FIGURE, "Errors by rounds; round 0 is the model as it was, the dotted line the target."),),
        files={"report.html": "this section alone"},
    )


def error_table(rounds: Sequence[Mapping[str, Any]], choice: RefinementChoice) -> Table:
    """Return the errors of every round in the structure and on the walks of before.

    Parameters
    ----------
    rounds : sequence of mapping
    choice : RefinementChoice
    """
    columns = (
        *columns_of("integer", "round", "states"),
        *columns_of("error", "stress", "dissipation", "± diss.", "forces", "± forces", "named"),
        Column("outside", kind="integer"),
        *columns_of("error", "walks: stress", "walks: diss."),
    )
    rows: list[tuple[Value, ...]] = []
    for number, own in enumerate(rounds):
        errors, half, walks = own["errors"], own["half"], own["walks"]
        rows.append(
            (
                number,
                own["states"],
                errors["stress"],
                errors["dissipation"],
                half["dissipation"],
                errors["forces"],
                half["forces"],
                errors["named"],
                own["outside"],
                walks["stress"],
                walks["dissipation"],
            )
        )
    asked = ", ".join(f"{QUANTITIES[name]} {choice.allowed(name):g}" for name in QUANTITIES)
    note = (
        f"Asked for: {asked}. Errors in the structure are those of an audit at Gauss points that are drawn anew "
        "in every round: stress, RMS over increments and points, without an interval; dissipation of the whole "
        "structure; forces, by the work of the loads. These two ± half of their 95 % intervals, which have to be "
        "within the targets too. Named: change, since the round before, of displacements and reactions that the "
        "job names. Outside: Gauss points of cells that left the range of training. Walks: errors on held-out "
        "walks of before."
    )
    return Table("Errors by rounds", columns, tuple(rows), note)


def refinement_cost_table(rounds: Sequence[Mapping[str, Any]]) -> Table:
    """Return what every round has learnt and cost, beside FE² on the same mesh."""
    columns = (
        Column("round", kind="integer"),
        Column("histories", kind="integer"),
        *(Column(name, "s", "seconds") for name in ("their solution", "training", "structure", "of it material")),
        Column("FE²: material", "s", "seconds"),
    )
    call = next((own["seconds"]["exact call"] for own in rounds if "exact call" in own["seconds"]), None)
    rows: list[tuple[Value, ...]] = []
    for number, own in enumerate(rounds):
        spent = own["seconds"]
        rows.append(
            (
                number,
                own["histories"],
                spent.get("histories"),
                spent["training"],
                spent["structure"],
                spent["material"],
                None if call is None else call * own["calls"],
            )
        )
    note = (
        "CPU seconds; of a training that was interrupted, since it went on. Histories are those that a round has "
        "learnt in addition. FE² is estimated: as many calls of the material as this run took, each as long as an "
        "increment of a history took the exact microstructure, without tangent."
    )
    return Table("Cost by rounds", columns, tuple(rows), note)
