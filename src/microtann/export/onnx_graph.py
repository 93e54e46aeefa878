"""An ONNX graph that is written node by node, in float64, of named values with a free number of points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microtann.errors import MissingExtraError

OPSET = 18
"""Version of the operators: the first whose reductions all take their axes as inputs."""
IR_VERSION = 9
"""Version of the file format that belongs to it."""
POINTS = "points"
"""Name of the free axis."""


class OnnxGraph:
    """Values by name, and the nodes that make them.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    """

    def __init__(self) -> None:
        try:
            from onnx import helper
        except ImportError:
            raise MissingExtraError('ONNX files need the package onnx: pip install "microtann[onnx]"') from None
        self._helper = helper
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def constant(self, values: ArrayLike) -> str:
        """Return the name of an array of numbers, or of integers that say axes and places."""
        array = np.ascontiguousarray(values)
        name = f"c{len(self._constants)}"
        array = array if np.issubdtype(array.dtype, np.integer) else array.astype(np.float64)
        kind = self._helper.np_dtype_to_tensor_dtype(array.dtype)
        self._constants[name] = self._helper.make_tensor(name, kind, array.shape, array.tobytes(), raw=True)
        return name

    def node(self, operator: str, *inputs: str | ArrayLike, **attributes: Any) -> str:
        """Return the name of what an operator makes of values and constants."""
        names = [given if isinstance(given, str) else self.constant(given) for given in inputs]
        name = f"v{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(operator, names, [name], **attributes))
        return name

    def input(self, name: str, width: int) -> str:
        """Return the name of an input of shape (points, width)."""
        self._inputs.append(self._value(name, (POINTS, width)))
        return name

    def output(self, name: str, value: str, *shape: int) -> None:
        """Let a value of shape (points, ...) be an output."""
        self._nodes.append(self._helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._value(name, (POINTS, *shape)))

    def total(self, value: str, axis: int = 1) -> str:
        """Return the sum over an axis."""
        return self.node("ReduceSum", value, np.array([axis]), keepdims=0)

    def joined(self, *values: str) -> str:
        """Return values one after the other along their last axis."""
        return self.node("Concat", *values, axis=-1)

    def columns(self, value: str, start: int, stop: int) -> str:
        """Return some of the last axis of a value of two axes.

        Parameters
        ----------
        value : str
        start, stop : int
            The first one, and the one behind the last.
        """
        return self.node("Slice", value, np.array([start]), np.array([stop]), np.array([1]))

    def across(self, value: str) -> str:
        """Return a value (points, n) as (points, 1, n), which meets every direction of a tangent."""
        return self.node("Unsqueeze", value, np.array([1]))

    def written(self, name: str, described: dict[str, str]) -> bytes:
        """Return the model as a file.

        Parameters
        ----------
        name : str
            Of the graph.
        described : dict
            What the file says of it.
        """
        make = self._helper
        graph = make.make_graph(
            self._nodes, name, self._inputs, self._outputs, initializer=list(self._constants.values())
        )
        model = make.make_model(
            graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="microtann"
        )
        make.set_model_props(model, described)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _value(self, name: str, shape: tuple[str | int, ...]) -> Any:
        return self._helper.make_tensor_value_info(
            name, self._helper.np_dtype_to_tensor_dtype(np.dtype("f8")), shape
        )
