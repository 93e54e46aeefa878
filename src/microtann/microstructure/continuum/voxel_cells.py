"""Cells of equal elements whose phases an image or a function tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.rigid import connected_parts
from microtann.errors import CellError
from microtann.fem.box import box
from microtann.fem.mesh import Mesh
from microtann.materials.protocol import Material
from microtann.microstructure.bars.cells.copies import identify_nodes
from microtann.microstructure.continuum.solid import Solid

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def solid_of_image(
    image: ArrayLike,
    phases: Mapping[int, Material],
    voids: Collection[int] = (),
    edge: float = 1.0,
    kind: str | None = None,
    keep_largest: bool = False,
) -> Solid:
    """Return the cell whose pixels or voxels are the numbers of an image.

    Parameters
    ----------
    image : array of integers, shape (n1, n2) or (n1, n2, n3)
        Number at every pixel; the first axis runs along x, the second along y, the third along z.
    phases : mapping from numbers to materials
    voids : collection of int
        Numbers where there is nothing.
    edge : float
        Of the cell along the first axis; pixels are squares, voxels cubes.
    kind : str, optional
        Kind of elements, as of `microtann.fem.box`.
    keep_largest : bool
        Whether parts that nothing joins to the largest are left out; else they are refused.

    Raises
    ------
    CellError
        If the image is no array of integers, has one number alone or one that is neither a phase nor a void, a
        phase is nowhere in it, or the solid has parts that nothing joins.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> image = np.ones((8, 8), dtype=int)
    >>> image[2:5, 3:6] = 0
    >>> steel = mt.fem.VonMises(plane="strain")
    >>> mt.solid_of_image(image, {1: steel}, voids=[0]).description
    'a solid of 55 elements with 220 integration points that fills 0.859 of its cell'
    """
    values = np.asarray(image)
    if values.ndim not in (2, 3) or not np.issubdtype(values.dtype, np.integer) or min(values.shape) < 1:
        raise CellError(
            f"an image is an array of integers of two or three axes, got {values.dtype} of shape {values.shape}"
        )
    lengths = edge * np.array(values.shape) / values.shape[0]
    mesh = box(lengths, values.shape, kind=kind)
    if mesh.cell_count % values.size:
        raise CellError(f"elements of kind {kind!r} do not fill the pixels of an image")
    blocks = values.reshape(-1).repeat(mesh.cell_count // values.size)
    return _solid(mesh, blocks.astype(np.int64), phases, voids, keep_largest)


def solid_of_function(
    phase_of: Callable[[Array], ArrayLike],
    phases: Mapping[int, Material],
    divisions: ArrayLike,
    lengths: ArrayLike | None = None,
    voids: Collection[int] = (),
    kind: str | None = None,
    keep_largest: bool = False,
) -> Solid:
    """Return the cell whose phases a function of place tells.

    Parameters
    ----------
    phase_of : callable
        Takes the centres of the elements, shape (E, d), and returns a whole number for each.
    phases : mapping from numbers to materials
    divisions : (int, ...)
        Blocks along each edge of the cell.
    lengths : (float, ...), optional
        Edges of the cell, 1 by default.
    voids : collection of int
        Numbers where there is nothing.
    kind : str, optional
        Kind of elements, as of `microtann.fem.box`.
    keep_largest : bool
        As of `solid_of_image`.

    Raises
    ------
    CellError
        As of `solid_of_image`.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> hard, soft = mt.fem.LinearElastic.isotropic(10.0, 0.3), mt.fem.VonMises()
    >>> ball = lambda x: np.linalg.norm(x - 0.5, axis=1) < 0.3
    >>> mt.solid_of_function(ball, {0: soft, 1: hard}, (4, 4, 4)).components
    6
    """
    counts = np.asarray(divisions)
    mesh = box(np.ones(counts.shape) if lengths is None else lengths, counts, kind=kind)
    values = np.asarray(phase_of(mesh.centres))
    if values.shape != (mesh.cell_count,) or values.dtype.kind not in "bui":
        raise CellError(
            f"the function of the phases returns a whole number for each of {mesh.cell_count} centres, got "
            f"{values.dtype} of shape {values.shape}"
        )
    return _solid(mesh, values.astype(np.int64), phases, voids, keep_largest)


def _solid(
    mesh: Mesh,
    values: Int[IntArray, "E"],
    phases: Mapping[int, Material],
    voids: Collection[int],
    keep_largest: bool,
) -> Solid:
    """Return the cell of a whole mesh with a number of its phase, or of a void, in every element.

    Parameters
    ----------
    mesh : Mesh
    values : integer array, shape (E,)
    phases : mapping from numbers to materials
    voids : collection of int
    keep_largest : bool
    """
    there = sorted(set(values.tolist()))
    strange = [value for value in there if value not in phases and value not in voids]
    if strange:
        raise CellError(f"the number {strange[0]} is neither a phase nor a void; the image has {there}")
    absent = [value for value in phases if value not in there]
    if absent:
        raise CellError(f"the phase {absent[0]} is nowhere in the image, which has {there}")
    if len(there) == 1:
        raise CellError(f"the image has the number {there[0]} alone: a cell has two phases, or one and a void")
    solid = np.isin(values, list(phases))
    if not solid.any():
        raise CellError("the image is void everywhere: name the numbers of its phases")
    periods = np.diag(np.ptp(mesh.points, axis=0))
    if keep_largest:
        solid = _largest(mesh, solid, periods)
    cells = mesh.cells[solid]
    used, nodes = np.unique(cells, return_inverse=True)
    kept = values[solid]
    names = {f"phase {value}": value for value in phases if (kept == value).any()}
    regions = {name: kept == value for name, value in names.items()}
    part = Mesh(mesh.points[used], nodes.reshape(cells.shape), mesh.kind, regions=regions)
    if len(names) == 1:
        return Solid(part, phases[next(iter(names.values()))], periods)
    return Solid(part, {name: phases[value] for name, value in names.items()}, periods)


def _largest(mesh: Mesh, solid: NDArray[np.bool_], periods: Float[Array, "d d"]) -> NDArray[np.bool_]:
    """Return the elements of the largest connected part, the periodic copies taken together.

    Parameters
    ----------
    mesh : Mesh
    solid : array of bool, shape (E,)
    periods : array, shape (d, d)
    """
    of_node = identify_nodes(mesh.points, periods).of_node[mesh.cells]
    own = of_node[solid]
    parts = connected_parts(own[:, :-1].ravel(), own[:, 1:].ravel(), int(of_node.max()) + 1)
    of_cell = parts[of_node[:, 0]]
    largest = np.bincount(of_cell[solid]).argmax()
    return solid & (of_cell == largest)
