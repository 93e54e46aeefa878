"""The card of a shipped model: what it was made from, how good it is, and what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import Any

from microtann.errors import ModelFileError
from microtann.microstructure.strain_metric import UNIT_YIELD, WORDS
from microtann.system.atomic import write_atomically
from microtann.system.html_table import html_table

ERROR_TITLES = ("stress", "energy", "dissip.")
HELD_OUT = ("validation", "test")
"""Walks of the data set that were not trained on; the other errors of a card are on the paths of the protocol."""
UNEVEN = 3.0
"""Errors on validation and test walks further apart are told: both are drawn by one law."""
NEGLIGIBLE_ERROR = 1e-6
"""Errors that are no more tell nothing."""


@dataclass(frozen=True)
class ModelCard:
    """What a shipped model is.

    Parameters
    ----------
    name : str
        With its form.
    cell : str
        The microstructure, in words.
    form : str
    states : int
        Internal state variables.
    exact_states : int
        What an exact model of the microstructure needs at most.
    data : mapping
        The walks that the data were generated along (`microtann.WalkPlan`).
    training : mapping
        Hyper-parameters of the form.
    largest_strain : float
        Largest strain component of the training data.
    errors : mapping
        Errors on validation and test walks and on the paths of the protocol, in closed loop, as in
        `microtann.evaluation.closed_loop.PathErrors`.
    data_seconds, training_seconds : float
        CPU time.
    size : int
        Bytes of the model file.
    sha256 : str
        Digest of the model file.
    versions : mapping
        Versions of what made it.
    command : str
        What makes it again.
    convergence : str
        Whether training had converged, and what would help if not; empty if the form does not tell.
    """

    name: str
    cell: str
    form: str
    states: int
    exact_states: int
    data: Mapping[str, Any]
    training: Mapping[str, Any]
    largest_strain: float
    errors: Mapping[str, Mapping[str, Any]]
    data_seconds: float
    training_seconds: float
    size: int
    sha256: str
    versions: Mapping[str, str]
    command: str
    convergence: str = ""

    def worst(self, quantity: str = "stress") -> float:
        """Return the largest error on the paths of the protocol within the training range.

        On the path of many directions it is that of the worst of them.

        Parameters
        ----------
        quantity : {"stress", "energy", "dissipation"}
        """
        inside = [e for path, e in self.errors.items() if path not in HELD_OUT and not e["outside_training_range"]]
        single = [e["directions"][quantity]["worst"] for e in inside if e.get("directions")]
        return max(_number(error) for error in (*(e[quantity] for e in inside), *single))

    def in_units(self, young: float, yield_strain: float, length: float = 1.0) -> ModelCard:
        """Return the card of the model in other units (`TANN.in_units`): its errors, being relative, are the same.

        Parameters
        ----------
        young, yield_strain, length : float
            As for `TANN.in_units`; shipped models are of the reference material.
        """
        words = f"{self.cell}; young = {young:g}, yield_strain = {yield_strain:g}, length = {length:g}"
        strain = self.largest_strain * yield_strain / UNIT_YIELD
        return replace(self, cell=words, largest_strain=strain)

    @property
    def violations(self) -> int:
        """Increments of all paths with a negative dissipation."""
        return sum(errors["violations"] for errors in self.errors.values())

    @property
    def metric(self) -> str:
        """In which relative errors of stresses are measured."""
        return next((e["metric"] for e in self.errors.values() if "metric" in e), "uniform")

    @property
    def runaways(self) -> tuple[str, ...]:
        """Paths and walks on which the errors of stress or energy are infinite or no numbers."""
        return tuple(name for name, e in self.errors.items() if e["stress"] is None or e["energy"] is None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know first, in sentences: walks that go wrong, and laws that are broken."""
        said = []
        if self.runaways:
            said.append(f"runs away on {', '.join(self.runaways)}: its answers there are of no use")
        errors = [_number(self.errors[walks]["stress"]) for walks in HELD_OUT if walks in self.errors]
        if len(errors) == len(HELD_OUT) and max(errors) > max(UNEVEN * min(errors), NEGLIGIBLE_ERROR):
            found = (f"{error:.1e} on {walks} walks" for error, walks in zip(errors, HELD_OUT, strict=True))
            said.append(f"uneven: {' and '.join(found)}, drawn by one law: now and then a walk goes wrong")
        if self.violations:
            said.append(
                f"breaks the second law in {self.violations} increments of the walks and paths below; "
                "tann.safe() does not, at some loss of accuracy"
            )
        return tuple(said)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.cell}", *(f"  {sentence}" for sentence in self._sentences())]
        lines.append(f"  {'':>10}" + "".join(f"{title:>10}" for title in ERROR_TITLES))
        if self.metric != "uniform":
            lines.append(f"  errors of stresses in {WORDS[self.metric]}")
        lines += [
            f"  {name:>10}" + "".join(f"{number:>10}" for number in numbers) + f"  {remark}" * bool(remark)
            for name, numbers, remark in self._error_rows()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [[name, *numbers, remark] for name, numbers, remark in self._error_rows()]
        notes = [f"Errors of stresses in {WORDS[self.metric]}."] if self.metric != "uniform" else []
        above = "".join(f"<li>{escape(sentence)}</li>" for sentence in self._sentences())
        table = html_table("Relative errors in closed loop", ("", *ERROR_TITLES, ""), rows, notes)
        return f"<b>{escape(self.name)}</b>: {escape(self.cell)}<ul>{above}</ul>{table}"

    def _sentences(self) -> list[str]:
        """Return what the card says, but for the errors."""
        lines = [
            *self.warnings,
            f"{self.form}, {self.states} internal state variables; exact models need {self.exact_states}",
            f"data: {_listed(self.data)} ({self.data_seconds:.0f} CPU s); strains to {self.largest_strain:.3g}",
            f"training: {_listed(self.training)} ({self.training_seconds:.0f} CPU s)",
        ]
        lines += [self.convergence] * bool(self.convergence)
        return [*lines, f"{self.size / 1e3:.0f} kB, made by {self.command} with {_listed(self.versions)}"]

    def _error_rows(self) -> list[tuple[str, list[str], str]]:
        """Return the errors of every path, as they are written, with what is remarkable about it."""
        rows: list[tuple[str, list[str], str]] = []
        for path, e in self.errors.items():
            values = [f"{_number(e[key]):.1e}" for key in ("stress", "energy", "dissipation")]
            rows.append((path, values, "outside the training range" * e["outside_training_range"]))
            for title, row in directions_rows(e):
                rows.append((title, [f"{_number(value):.1e}" for value in row], ""))
        return rows


def write_card(card: ModelCard, path: Path) -> None:
    """Write a card as JSON, atomically."""
    write_atomically(path, json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n")


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises
    ------
    ModelFileError
        If there is none, or it is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = [field.name for field in fields(ModelCard) if field.default is MISSING or field.name in content]
        return ModelCard(**{name: content[name] for name in known})
    except FileNotFoundError:
        raise ModelFileError(f"the model has no card: {path.name} is missing") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: it is not the card of a model ({error})") from None


def directions_rows(
    errors: Mapping[str, Any], groups: Sequence[str] = ()
) -> list[tuple[str, tuple[float | None, ...]]]:
    """Return title and errors (stress, energy, dissipation, groups) of the median, 90 % and worst direction.

    Parameters
    ----------
    errors : mapping
        Errors on a path as a card and JSON hold them; without single directions there are no rows.
    groups : sequence of str
        Decoded groups of internal coordinates.
    """
    found = errors.get("directions") or {}
    names = ("stress", "energy", "dissipation", *groups)
    return [(measure, tuple(found[name][measure] for name in names)) for measure in found.get("stress", {})]


def _number(error: float | None) -> float:
    """Return an error, of which JSON has none where a model ran away."""
    return float("inf") if error is None else error


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
