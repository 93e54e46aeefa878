"""Tables of shipped models: all of them side by side, and the card of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from microtann.microstructure.strain_metric import WORDS
from microtann.report.table import Column, Table, Value, columns_of
from microtann.tann.card import ModelCard, directions_rows

DIRECTIONS_NOTE = (
    "r, median, 90 %, worst: of the errors of its 64 directions one by one, each relative to the reference "
    "in this direction, the dissipation to the larger of D and Ψ/100."
)
RANGE_NOTE = (
    "Range: whether the model stays within the range of its training data in strain, increment and state, and how "
    "far it reaches: 1 on the border, 1.3 where 30 % outside."
)


def models_table(cards: Sequence[ModelCard], short_names: Mapping[str, str]) -> Table:
    """Return a row for every model.

    Parameters
    ----------
    cards : sequence of ModelCard
    short_names : mapping
        Form that a name without one stands for.
    """
    columns = (
        Column("model", kind="text"),
        *columns_of("integer", "ISVs", "bars"),
        *columns_of("error", "validation", "r, median", "stress", "dissip."),
        Column("strains to"),
        *columns_of("integer", "CPU s", "kB"),
    )
    rows = tuple(
        (
            card.name,
            card.states,
            card.exact_states,
            card.errors["validation"]["stress"],
            card.errors["r"]["directions"]["stress"]["median"],
            card.worst(),
            card.worst("dissipation"),
            card.largest_strain,
            card.data_seconds + card.training_seconds,
            card.size / 1e3,
        )
        for card in cards
    )
    standing = "; ".join(f"{short} is {short}-{form}" for short, form in short_names.items())
    note = (
        "ISVs: internal state variables, for so many distinct bars of the cell. Validation: stress error on "
        "validation walks. r, median: of the stress errors along 64 random directions. Stress, dissip.: largest "
        "errors of stress and accumulated dissipation on the paths of the protocol within the training range, and "
        "in the worst of the directions, where the dissipation is relative to the larger of D and Ψ/100. CPU s: "
        f"data and training. Short names: {standing}."
    )
    return Table("Shipped models", columns, rows, note)


def properties_table(card: ModelCard) -> Table:
    """Return what a model is and what it cost."""
    rows: tuple[tuple[Value, ...], ...] = (
        ("cell", card.cell),
        ("form", card.form),
        ("internal state variables", str(card.states)),
        ("internal variables of the exact model", str(card.exact_states)),
        ("data", _listed(card.data)),
        ("largest strain in training", card.largest_strain),
        ("training", _listed(card.training)),
        ("CPU seconds for data, for training", f"{card.data_seconds:g}, {card.training_seconds:g}"),
        ("violations of the second law", str(card.violations)),
        ("size", f"{card.size / 1e3:.0f} kB"),
        ("versions", _listed(card.versions)),
        ("made by", card.command),
    )
    return Table(card.name, (Column("", kind="text"), Column("", kind="text")), rows)


def card_errors_table(card: ModelCard) -> Table:
    """Return the errors of a model on the walks that were held out and on the protocol."""
    groups = list(dict.fromkeys(group for e in card.errors.values() for group in e["coordinates"]))
    columns = (
        Column("path", kind="text"),
        *(Column(title, kind="error") for title in ("stress", "energy", "dissip.", *groups)),
        Column("violations", kind="integer"),
        Column("range", kind="text"),
    )
    rows: list[tuple[Value, ...]] = []
    for path, e in card.errors.items():
        values = [e[key] for key in ("stress", "energy", "dissipation")]
        decoded = [e["coordinates"].get(group) for group in groups]
        rows.append((path, *values, *decoded, e["violations"], range_text(e)))
        rows += [(f"{path}, {title}", *row, None, "") for title, row in directions_rows(e, groups)]
    note = (
        "Relative RMS errors against the exact cell in closed loop, on validation and test walks and on the "
        f"protocol; the model was chosen on validation walks. {DIRECTIONS_NOTE} {RANGE_NOTE}"
    )
    if card.metric != "uniform":
        note += f" Relative errors of stresses are measured in {WORDS[card.metric]}."
    return Table("Errors in closed loop", columns, tuple(rows), note)


def range_text(errors: Mapping[str, Any]) -> str:
    """Return whether a path stays within the training range, how far it reaches, and whether the model ran away.

    Parameters
    ----------
    errors : mapping
        Errors on a path as a card and JSON hold them.
    """
    reach = errors.get("training_reach")
    where = "outside" if errors["outside_training_range"] else "inside"
    text = where if reach is None else f"{where}, {reach:.2f}"
    return text + ", ran away" * (errors["stress"] is None or errors["energy"] is None)


def _listed(values: object) -> str:
    assert isinstance(values, dict)
    return ", ".join(f"{key} = {value}" for key, value in values.items())
