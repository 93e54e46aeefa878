"""Whether the names of a data set fit its arrays, and its strain components are in the order of this package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microtann.data.increments import Dataset
from microtann.numbers import voigt
from microtann.numbers.coordinates import width

TENSORS = (1, 3, 6)
"""Numbers of components of symmetric tensors, whose names tell their order."""


def order_errors(order: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the order of strain components: that of other codes, under the names of Voigt's."""
    known = voigt.component_names(len(order))
    if len(order) in TENSORS and set(order) == set(known) and tuple(order) != known:
        yield f"voigt_order is {','.join(order)}: the components must be in the order {','.join(known)}"


def description_errors(dataset: Dataset) -> Iterator[str]:
    """Yield where the names and shapes of a data set in memory do not fit its arrays."""
    data, order = dataset.training, tuple(dataset.strain_names)
    if order and len(order) != dataset.components:
        yield (
            f"strain_names names {len(order)} components ({','.join(order)}), but the strains have "
            f"{dataset.components}: name each once, in the order of the columns"
        )
    yield from order_errors(order)
    for name, count, given in (
        ("extra_names", data.extra.shape[1], len(dataset.extra_names)),
        ("coordinate_shapes", data.coordinates.shape[1], width(dataset.coordinate_shapes)),
    ):
        if count != given:
            yield f"{name} describes {given} columns, but the increments have {count}: describe each column once"
    if dataset.elastic_stiffness is not None and dataset.elastic_stiffness.shape != (dataset.components,) * 2:
        shape = dataset.elastic_stiffness.shape
        yield f"elastic_stiffness has shape {shape}, but the strains have {dataset.components} components"
    for part in (dataset.validation, dataset.test):
        if len(part) and part.unknown != data.unknown:
            names = " and ".join(set(part.unknown) ^ set(data.unknown))
            yield f"{names} is known in one set and NaN in another: fill it in, or leave it out everywhere"
        for name in ("strain", "extra", "coordinates"):
            columns = getattr(part, name).shape[1], getattr(data, name).shape[1]
            if len(part) and columns[0] != columns[1]:
                yield f"{name} has {columns[0]} columns in one set and {columns[1]} in the training set"
