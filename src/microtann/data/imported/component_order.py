"""Orders of tensor components in other programmes, and what these call shear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.numbers import voigt

Array = NDArray[np.float64]
ORDERS: dict[str, dict[int, tuple[str, ...]]] = {
    "microtann": {len(names): names for names in voigt.LABELS.values()},
    "abaqus": {
        1: ("11",),
        3: ("11", "22", "12"),
        4: ("11", "22", "33", "12"),
        6: ("11", "22", "33", "12", "13", "23"),
    },
    "vtk": {1: ("11",), 3: ("11", "22", "12"), 6: ("11", "22", "33", "12", "23", "13")},
    "tensor": {d * d: tuple(f"{i}{j}" for i in range(1, d + 1) for j in range(1, d + 1)) for d in (2, 3)},
}
"""Names of the components by the order and their number; "tensor" stands for all d × d, row by row."""
SHEARS = ("engineering", "tensor", "mandel")
SHEAR_FACTORS = {
    "engineering": {"strain": 1.0, "stress": 1.0},
    "tensor": {"strain": 2.0, "stress": 1.0},
    "mandel": {"strain": np.sqrt(2.0), "stress": 1.0 / np.sqrt(2.0)},
}
"""What shear components are multiplied by to be γ = 2ε and plain stresses."""
SYMMETRIC = 1e-6
PLANE_WITH_THICKNESS = {"11", "22", "33", "12"}
"""What finite elements of the plane tell."""


@dataclass(frozen=True)
class ComponentOrder:
    """How another programme writes a symmetric tensor.

    Parameters
    ----------
    names : tuple of str
        Components in their order: "11", "22", …; or one name of `ORDERS`.
    shear : str
        What its shear components are: "engineering" (γ = 2ε, plain stress), "tensor" (ε, plain stress) or "mandel"
        (√2 ε, √2 σ). It must be said where strains have shear components, unless the order is "tensor".

    Examples
    --------
    >>> from microtann.data.imported.component_order import ComponentOrder
    >>> ComponentOrder(("abaqus",), "engineering").converted([[1, 2, 3, 4, 5, 6]], "strain")
    array([[1., 2., 3., 6., 5., 4.]])
    """

    names: tuple[str, ...]
    shear: str = ""

    def converted(self, values: ArrayLike, kind: str, where: str = "") -> Float[Array, "K v"]:
        """Return strains or stresses in the order of the package.

        Parameters
        ----------
        values : array, shape (K, n) or (K, d, d)
        kind : {"strain", "stress"}
        where : str
            Of what it is, for sentences.

        Raises
        ------
        InputError
            If the number of components is another one, a component is missing or there twice, or it is not said
            what shear is.
        """
        array = np.asarray(values, dtype=np.float64)
        where = where or f"the {kind}"
        if array.ndim == 3:
            array = array.reshape(len(array), -1)
        count = array.shape[1]
        names = self._names(count, where)
        square = {name for name in names if name[::-1] in names and name[0] != name[-1]}
        if square:
            return self._symmetric(array, names, kind, where)
        target = next((labels for labels in voigt.LABELS.values() if set(labels) == set(names)), None)
        if set(names) == PLANE_WITH_THICKNESS:
            target = voigt.LABELS[2]  # the strain along the thickness does no work in plane strain, nor its stress
        if target is None:
            return array  # components of another kind, such as those of an interface
        at = [names.index(name) for name in target]
        return array[:, at] * self._factors(target, kind, where, self.shear)

    def _names(self, count: int, where: str) -> tuple[str, ...]:
        if len(self.names) == 1 and self.names[0] in ORDERS:
            known = ORDERS[self.names[0]]
            if count not in known:
                counts = " or ".join(map(str, known))
                raise InputError(
                    f"{where} has {count} components, but the order {self.names[0]!r} has {counts}: name the "
                    "components themselves, as in 11,22,12"
                )
            return known[count]
        if len(self.names) != count:
            raise InputError(
                f"{where} has {count} components, but {len(self.names)} are named "
                f"({', '.join(self.names) or 'none'}): name each once in its order, as in 11,22,12, or one of "
                f"{', '.join(ORDERS)}"
            )
        double = next((name for name in self.names if self.names.count(name) > 1), None)
        if double is not None:
            raise InputError(f"the component {double} is named twice in {', '.join(self.names)}")
        return self.names

    def _symmetric(self, array: Array, names: tuple[str, ...], kind: str, where: str) -> Array:
        """Return the symmetric components of a whole tensor."""
        missing = next((name for name in names if name[::-1] not in names), None)
        d = max(int(name[0]) for name in names)
        if missing is not None or len(names) != d * d:
            raise InputError(
                f"{where}: {missing or 'a component'} is not there twice: name all {d}×{d} components or half"
            )
        target = voigt.LABELS[d]
        first = array[:, [names.index(name) for name in target]]
        second = array[:, [names.index(name[::-1]) for name in target]]
        apart = np.abs(first - second).max(initial=0.0)
        if apart > SYMMETRIC * np.abs(array).max(initial=0.0):
            raise InputError(
                f"{where} is not symmetric, by {apart:.2g}: give a symmetric stress and the symmetric part of the "
                "displacement gradient"
            )
        return 0.5 * (first + second) * self._factors(target, kind, where, "tensor")

    def _factors(self, target: tuple[str, ...], kind: str, where: str, shear: str) -> Array:
        mixed = [name[0] != name[-1] for name in target]
        if any(mixed) and shear not in SHEARS:
            raise InputError(
                f"say what the shear components of {where} are: shear = engineering (γ = 2ε), tensor (ε) or "
                "mandel (√2 ε)" + (f", not {shear!r}" if shear else "")
            )
        return np.where(mixed, SHEAR_FACTORS.get(shear, {}).get(kind, 1.0), 1.0)
