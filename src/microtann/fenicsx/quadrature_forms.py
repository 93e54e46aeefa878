"""Forms of a mesh in FEniCSx: strains at our Gauss points, forces and stiffness of what is given there."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.fenicsx.partition import ELEMENTS, Partition
from microtann.fenicsx.shared_nodes import SharedNodes
from microtann.numbers import voigt

Array = NDArray[np.float64]


class QuadratureForms(SharedNodes):
    """Stress and tangent as functions of a quadrature space, the forms that they enter, and the matrix.

    The points are those of our own elements, in the same order, so that arrays go in and out as they are.

    Parameters
    ----------
    partition : Partition
    """

    def __init__(self, partition: Partition) -> None:
        import basix.ufl
        import dolfinx
        import ufl

        super().__init__(partition)
        element, space = partition.mesh.element, partition.space
        shape, degree = ELEMENTS[partition.mesh.kind]
        order = np.asarray(dolfinx.cpp.io.perm_vtk(dolfinx.mesh.to_type(shape), element.nodes))
        places = np.empty_like(element.reference)
        places[order] = basix.ufl.element("Lagrange", shape, degree).basix_element.points
        points, weights = element.values @ places, np.array(element.weights)
        v, d = voigt.components(partition.mesh.dimension), partition.mesh.dimension
        domain, rule = space.mesh, {"points": points, "weights": weights}
        stress_space = basix.ufl.quadrature_element(shape, value_shape=(v,), **rule)
        moduli_space = basix.ufl.quadrature_element(shape, value_shape=(v, v), **rule)
        self.displacement = dolfinx.fem.Function(space)
        self._stress = dolfinx.fem.Function(dolfinx.fem.functionspace(domain, stress_space))
        self._moduli = dolfinx.fem.Function(dolfinx.fem.functionspace(domain, moduli_space))
        metadata = {
            "quadrature_rule": "custom",
            "quadrature_points": points,
            "quadrature_weights": weights,
        }
        volume = ufl.Measure("dx", domain=domain, metadata=metadata)

        def strain(field: Any) -> Any:
            tensor = ufl.sym(ufl.grad(field))
            return ufl.as_vector([tensor[i, j] * (1 if i == j else 2) for i, j in voigt.PAIRS[d]])

        test, trial = ufl.TestFunction(space), ufl.TrialFunction(space)
        self._forces = dolfinx.fem.form(ufl.inner(self._stress, strain(test)) * volume)
        self._stiffness = dolfinx.fem.form(ufl.inner(ufl.dot(self._moduli, strain(trial)), strain(test)) * volume)
        self._strains = dolfinx.fem.Expression(strain(self.displacement), points)
        self._cells = np.arange(len(partition.cells), dtype=np.int32)
        count = len(partition.cells) * element.gauss_points
        self.stress: Float[Array, "P v"] = self._stress.x.array[: count * v].reshape(count, v)
        """At the Gauss points of the cells of this process; to be filled in."""
        self.moduli: Float[Array, "P v v"] = self._moduli.x.array[: count * v * v].reshape(count, v, v)
        """Tangents there; to be filled in."""

    def strains(self, motion: Float[Array, "n"]) -> Float[Array, "P v"]:
        """Return the strains of a motion of the nodes that this process owns."""
        field = self.displacement
        field.x.array[: self._owned] = motion
        field.x.scatter_forward()
        found = self._strains.eval(field.function_space.mesh, self._cells)
        return np.ascontiguousarray(found.reshape(self.stress.shape))

    def forces(self) -> Float[Array, "n"]:
        """Return the forces of `stress` on the nodes that this process owns."""
        from dolfinx.fem import petsc
        from petsc4py import PETSc

        with self._vector.localForm() as local:
            local.set(0.0)
        petsc.assemble_vector(self._vector, self._forces)
        self._vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        return np.array(self._vector.array_r)

    def new_matrix(self) -> Any:
        """Return a matrix with the pattern of the stiffness."""
        from dolfinx.fem import petsc

        return petsc.create_matrix(self._stiffness)

    def stiffness(self, matrix: Any) -> Any:
        """Assemble the stiffness of `moduli` into a matrix, and return it."""
        from dolfinx.fem import petsc

        matrix.zeroEntries()
        petsc.assemble_matrix(matrix, self._stiffness)
        matrix.assemble()
        return matrix
