"""Whether two descriptions of a material speak of the same quantities: a model and data, or two models.

Arrays carry no names. A model that is fed strains in other units or of another order answers, and the answer is
wrong; so whatever brings names and units with it is compared before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from microtann.errors import InputError
from microtann.numbers import voigt

IMPOSED = ("strain", "time")
"""Quantities that go into a model, besides its extra state variables."""
ANSWERED = ("stress", "energy", "dissipation")
"""Quantities that come out of it."""


@runtime_checkable
class Described(Protocol):
    """A data set or the information of a model, seen as the quantities that it holds."""

    @property
    def components(self) -> int:
        """Number of strain components."""

    @property
    def strain_names(self) -> tuple[str, ...]:
        """Their names; empty for those of Voigt's order."""

    @property
    def extra_names(self) -> tuple[str, ...]:
        """Names of the extra state variables."""

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of every quantity; one that is missing is not known."""

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every group of internal coordinates."""


@dataclass(frozen=True)
class Quantities:
    """The names, units and shapes of a `Described`, apart from its arrays."""

    components: int
    strain_names: tuple[str, ...]
    extra_names: tuple[str, ...]
    units: dict[str, str]
    coordinate_shapes: dict[str, tuple[int, ...]]


def quantities_of(described: Described) -> Quantities:
    """Return which quantities a data set or the information of a model holds."""
    return Quantities(
        described.components,
        tuple(described.strain_names),
        tuple(described.extra_names),
        dict(described.units),
        {name: tuple(shape) for name, shape in described.coordinate_shapes.items()},
    )


def require_agreement(
    one: Described, other: Described, names: tuple[str, str] = ("the model", "the data"), answers: bool = True
) -> None:
    """Refuse two descriptions that differ in what both say.

    Parameters
    ----------
    one, other : Described
    names : tuple of str
        What they are called in the sentence, each with its article.
    answers : bool
        Whether stress, energies and internal coordinates are compared too, or only what is imposed.

    Raises
    ------
    InputError
        If number, names or order of the strain components, extra state variables, units or the shapes of internal
        coordinates of one name differ.
    """
    sentence = disagreement(one, other, names, answers)
    if sentence:
        raise InputError(sentence)


def disagreement(
    one: Described,
    other: Described,
    names: tuple[str, str] = ("the model", "the data"),
    answers: bool = True,
    advice: bool = True,
) -> str:
    """Return the sentence with which `require_agreement` refuses; empty if all that both say is the same.

    Without ``advice`` it ends before what to do.

    Parameters
    ----------
    one, other : Described
    names : tuple of str
        What they are called in the sentence, each with its article.
    answers : bool
        Whether stress, energies and internal coordinates are compared too, or only what is imposed.
    advice : bool
        Whether the sentence ends with what to do.
    """
    sentence, hint = _difference(one, other, *names, answers)
    return f"{sentence}: {hint}" if sentence and advice else sentence


def _difference(one: Described, other: Described, first: str, second: str, answers: bool) -> tuple[str, str]:
    """Return what differs, and what to do."""
    sizes = [(d.components, len(d.extra_names)) for d in (one, other)]
    if sizes[0] != sizes[1]:
        counts = [f"{v} strain components and {e} extra state variables" for v, e in sizes]
        return f"{first} {_have(first)} {counts[0]}, {second} {_have(second)} {counts[1]}", (
            "they are of different materials"
        )
    for kind, (here, there) in {
        "strain components": (_component_names(one), _component_names(other)),
        "extra state variables": (tuple(one.extra_names), tuple(other.extra_names)),
    }.items():
        if here and there and here != there:
            change = "bring them into one order" if set(here) == set(there) else "rename or convert them"
            listed = [", ".join(names) for names in (here, there)]
            return f"the {kind} of {first} are {listed[0]}, those of {second} {listed[1]}", change
    shared = [name for name in one.coordinate_shapes if answers and name in other.coordinate_shapes]
    for name in (*IMPOSED, *one.extra_names, *(ANSWERED if answers else ()), *shared):
        units = [d.units.get(name, "").strip() for d in (one, other)]
        if all(units) and units[0] != units[1]:
            return f"the unit of {name} is {units[0]!r} in {first} and {units[1]!r} in {second}", (
                "convert the numbers, or write one unit the same way in both"
            )
    for name in shared:
        shapes = [tuple(d.coordinate_shapes[name]) for d in (one, other)]
        if shapes[0] != shapes[1]:
            return f"{name!r} of an increment has the shape {shapes[0]} in {first} and {shapes[1]} in {second}", (
                "they are of different microstructures"
            )
    return "", ""


def _component_names(described: Described) -> tuple[str, ...]:
    """Return the names of the strain components; empty if nobody has named them."""
    known = tuple(described.strain_names)
    return known or next((names for names in voigt.LABELS.values() if len(names) == described.components), ())


def _have(name: str) -> str:
    return "have" if name.endswith(("data", "hand")) else "has"
