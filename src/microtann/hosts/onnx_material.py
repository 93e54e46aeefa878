"""A model in onnxruntime as a material in Python."""

from __future__ import annotations

import os

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError, MissingExtraError
from microtann.materials.protocol import State

Array = NDArray[np.float64]
INSTALL = 'pip install "microtann[onnx]"'


class OnnxMaterial:
    """An ONNX file of a model (`microtann.fem.Material`), on one thread.

    Parameters
    ----------
    path : path
        What `microtann.export.write` has written.
    virgin : array, shape (z,)
        States of the virgin material, which the file counts from zero.

    Raises
    ------
    MissingExtraError
        If onnxruntime is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], virgin: Float[Array, "z"]) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtraError(f"onnxruntime is not installed: {INSTALL}") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        self._names = [value.name for value in self._session.get_outputs()]
        self._components = self._session.get_inputs()[0].shape[1]
        self._virgin = virgin

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` material points."""
        strain, zeros = np.zeros((n, self._components)), np.zeros(n)
        return {"strain": strain, "isv": np.tile(self._virgin, (n, 1)), "energy": zeros, "dissipation": zeros}

    def update(
        self, strain_increment: Float[Array, "n v"], state: State, dt: float = 1.0, tangent: bool = True
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance ``n`` material points by one increment.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
        state : dict of arrays
        dt : float
            Changes nothing.
        tangent : bool

        Raises
        ------
        ConvergenceError
            If points are too far outside of the range of the training data.
        """
        fed = {"strain": state["strain"], "increment": strain_increment, "state": state["isv"] - self._virgin}
        found = dict(zip(self._names, self._session.run(None, fed), strict=True))
        wrong = np.flatnonzero(np.isnan(found["energy"]))
        if wrong.size:
            raise ConvergenceError(
                f"{wrong.size} material points are far outside of the range of the training, the first of them "
                f"point {wrong[0]}: use smaller increments",
                worst=wrong.tolist(),
            )
        changed = {
            "strain": state["strain"] + strain_increment,
            "isv": found["new_state"] + self._virgin,
            "energy": found["energy"],
            "dissipation": found["dissipation"],
        }
        return found["stress"], found["tangent"] if tangent else None, state | changed
