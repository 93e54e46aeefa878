"""Tables of shipped models: all of them side by side, and the card of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microtann.report.table import Column, Table, Value, columns_of
from microtann.tann.card import ModelCard


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
        *columns_of("error", "validation", "stress", "dissip."),
        Column("strains to"),
        *columns_of("integer", "CPU s", "kB"),
    )
    rows = tuple(
        (
            card.name,
            card.states,
            card.exact_states,
            card.errors["validation"]["stress"],
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
        "validation walks. Stress, dissip.: largest errors of stress and accumulated dissipation on the paths of "
        f"the protocol within the training range. CPU s: data and training. Short names: {standing}."
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
    rows = tuple(
        (
            path,
            *(e[key] for key in ("stress", "energy", "dissipation")),
            *(e["coordinates"].get(group) for group in groups),
            e["violations"],
            "outside" if e["outside_training_range"] else "inside",
        )
        for path, e in card.errors.items()
    )
    note = (
        "Relative RMS errors against the exact cell in closed loop, on validation and test walks and on the "
        "protocol; the model was chosen on validation walks."
    )
    return Table("Errors in closed loop", columns, rows, note)


def _listed(values: object) -> str:
    assert isinstance(values, dict)
    return ", ".join(f"{key} = {value}" for key, value in values.items())
