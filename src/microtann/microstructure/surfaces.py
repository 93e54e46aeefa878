"""Where a microstructure first yields, and what it carries at most, in a plane of stresses or strains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import Material
from microtann.microstructure.protocol import Microstructure, require_microstructure
from microtann.numbers import voigt

Array = NDArray[np.float64]
Factors = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Surface:
    """Points of a surface in a plane of two components; all other components are zero.

    Parameters
    ----------
    name : str
        "first yield" or "limit".
    of : {"stress", "strain"}
        Whose components they are.
    components : (str, str)
        Such as ("11", "22"); shear strains are engineering ones.
    points : array, shape (n, 2)
        One for every direction, counter-clockwise from the first axis; infinite where nothing yields or fails.
    """

    name: str
    of: str
    components: tuple[str, str]
    points: Float[Array, "n 2"] = field(repr=False)


def elastic_stiffness(material: Material) -> Float[Array, "v v"]:
    """Return the stiffness of the virgin state.

    Parameters
    ----------
    material : Microstructure, TANN or any `microtann.fem.Material` that tells its ``components``

    Returns
    -------
    array, shape (v, v)
        In units of stress; Voigt order, engineering shear.

    Raises
    ------
    InputError
        If it does not tell how many strain components it has.

    Examples
    --------
    >>> import microtann as mt
    >>> stiffness = mt.elastic_stiffness(mt.Lattice(mt.octet_cell()))
    >>> stiffness.shape
    (6, 6)
    """
    if isinstance(material, Microstructure):
        return material.elastic_stiffness()
    components = getattr(material, "components", None)
    if components is None:
        raise InputError("the material does not tell how many strain components it has: it needs `components`")
    _, moduli, _ = material.update(np.zeros((1, components)), material.initial_state(1), 1.0, True)
    assert moduli is not None
    return np.asarray(moduli[0])


def yield_surface(
    material: Microstructure | Material,
    plane: Sequence[str] = ("11", "22"),
    of: str = "stress",
    directions: int = 72,
) -> Surface:
    """Return where a microstructure yields for the first time, along proportional paths from the virgin state.

    Parameters
    ----------
    material : Microstructure, or a model of one
    plane : (str, str)
        The two components, such as ("11", "12").
    of : {"stress", "strain"}
        Which are prescribed; all others are zero.
    directions : int
        Points, equally many degrees apart once the axes are scaled to the largest value on each.

    Raises
    ------
    InputError
        If it has no such components, or the model names no microstructure.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> surface = mt.yield_surface(mt.Lattice(mt.cube_cell()), ("11", "22"), directions=8)
    >>> surface.points.shape, bool(np.allclose(surface.points, -np.roll(surface.points, 4, axis=0)))
    ((8, 2), True)
    """
    micro = _exact(material)
    names, chosen = _plane(micro, plane)
    if of not in ("stress", "strain"):
        raise InputError(f"a surface is one of stress or strain, not of {of!r}")
    inverse = np.linalg.inv(micro.elastic_stiffness()) if of == "stress" else np.eye(micro.components)

    def factors(direction: Float[Array, "n v"]) -> Float[Array, "n"]:
        return micro.first_yield(direction @ inverse.T)

    return Surface("first yield", of, names, _points(factors, chosen, micro.components, directions))


def limit_surface(
    material: Microstructure | Material, plane: Sequence[str] = ("11", "22"), directions: int = 72
) -> Surface:
    """Return the largest average stresses that a microstructure whose bars do not harden carries.

    Parameters
    ----------
    material : Microstructure, or a model of one
        Which knows its limit loads, as lattices and frames do (`microtann.limit_load`).
    plane : (str, str)
        The two components of stress; all others are zero.
    directions : int
        Points, equally many degrees apart once the axes are scaled to the largest value on each.

    Raises
    ------
    InputError
        If it has no such components, does not know its limit loads, or hardens.

    Examples
    --------
    >>> import microtann as mt
    >>> lattice = mt.Lattice(mt.cube_cell(), mt.ElastoplasticBar(hardening=0))
    >>> round(float(mt.limit_surface(lattice, directions=8).points[0, 0]), 6)
    1.609476
    """
    micro = _exact(material)
    names, chosen = _plane(micro, plane)
    if type(micro).largest_load_factor is Microstructure.largest_load_factor:
        raise InputError(f"limit loads of {micro.description} are not known: drive it to collapse by strains")
    everywhere, start = np.ones(micro.components, dtype=bool), np.zeros(micro.components)

    def factors(direction: Float[Array, "n v"]) -> Float[Array, "n"]:
        return np.array([micro.largest_load_factor(everywhere, start, row) for row in direction])

    points = _points(factors, chosen, micro.components, directions)
    if not np.isfinite(points).any():
        raise InputError(f"{micro.description} hardens, so that it carries any stress: give it no hardening")
    return Surface("limit", "stress", names, points)


def _exact(material: object) -> Microstructure:
    return require_microstructure(getattr(material, "microstructure", material))


def _plane(micro: Microstructure, plane: Sequence[str]) -> tuple[tuple[str, str], list[int]]:
    labels = list(voigt.component_names(micro.components))
    names = [str(name) for name in plane]
    if len(names) != 2 or names[0] == names[1] or not set(names) <= set(labels):
        raise InputError(f"a plane is told by two of the components {', '.join(labels)}, got {', '.join(names)}")
    return (names[0], names[1]), [labels.index(name) for name in names]


def _points(factors: Factors, chosen: list[int], components: int, count: int) -> Float[Array, "n 2"]:
    """Return the points along directions; the axes come first, which tell how far they are to be stretched.

    Parameters
    ----------
    factors : callable
        Of directions, shape (n, v): how far the surface is.
    chosen : list of int
        The two components.
    components, count : int
        All of them, and how many directions there are.
    """
    if count < 4:
        raise InputError(f"a surface needs at least 4 directions, got {count}")
    axes = np.zeros((2, components))
    axes[[0, 1], chosen] = 1.0
    along = factors(axes)
    stretch = np.where(np.isfinite(along) & (along > 0.0), along, 1.0)
    angle = 2.0 * np.pi * np.arange(count) / count
    flat = stretch * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    whole = np.zeros((count, components))
    whole[:, chosen] = flat
    with np.errstate(invalid="ignore"):  # infinite where nothing yields
        return flat * factors(whole)[:, None]
