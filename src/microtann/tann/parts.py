"""Networks as plain data: which classes with which hyper-parameters, and the arrays by their path.

Any tree of `equinox.Module` can be taken apart and put together again. Nothing is executed on the way back: a
class is looked up by name among those that the caller allows, a function among those of `jax.nn` and `jax.numpy`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from microtann.errors import InputError

Arrays = dict[str, NDArray[Any]]
Description = dict[str, Any]


def take_apart(tree: Any, path: str, arrays: Arrays) -> Description:
    """Return what a tree consists of; its arrays are added to ``arrays`` under their paths.

    Parameters
    ----------
    tree : Module, list, tuple, array, function or plain value
    path : str
        Where the tree stands: "energy" gives arrays such as "energy.layers.0.weight".
    arrays : dict
        Added to.

    Returns
    -------
    dict
        Plain values for JSON.

    Raises
    ------
    InputError
        If something has no name by which it could be found again, such as a lambda.
    """
    if isinstance(tree, eqx.Module):
        inside = {f.name: take_apart(getattr(tree, f.name), f"{path}.{f.name}", arrays) for f in fields(tree)}
        return {"class": type(tree).__name__, "fields": inside}
    if isinstance(tree, list | tuple):
        items = [take_apart(item, f"{path}.{i}", arrays) for i, item in enumerate(tree)]
        return {"tuple" if isinstance(tree, tuple) else "list": items}
    if isinstance(tree, jax.Array | np.ndarray | np.generic):
        arrays[path] = np.asarray(tree)
        return {"array": path}
    if tree is None or isinstance(tree, bool | int | float | str):
        return {"value": tree}
    if callable(tree):
        name = next((name for name, known in _functions().items() if known is tree), None)
        if name is not None:
            return {"function": name}
    raise InputError(
        f"{path} cannot be kept in a file: {tree!r} is no module, array or plain value, and no function of jax.nn "
        "or jax.numpy"
    )


def put_together(described: Description, arrays: Mapping[str, NDArray[Any]], classes: Iterable[type]) -> Any:
    """Return the tree that was taken apart.

    Parameters
    ----------
    described : dict
    arrays : mapping
        Arrays by path.
    classes : iterable of classes
        Those that may occur, besides the layers of `equinox.nn`.

    Raises
    ------
    InputError
        If a class or function is not known, or an array or a field is missing.
    """
    known = {name: item for name, item in vars(eqx.nn).items() if _is_module(item)}
    return _put_together(described, arrays, known | {item.__name__: item for item in classes})


def _put_together(described: Description, arrays: Mapping[str, NDArray[Any]], classes: Mapping[str, type]) -> Any:
    match described:
        case {"class": str(name), "fields": dict(inside)}:
            if name not in classes:
                raise InputError(f"the part {name!r} is not known")
            part: Any = object.__new__(classes[name])
            declared = {f.name for f in fields(classes[name])}
            if declared != set(inside):
                raise InputError(f"the part {name!r} has the fields {', '.join(sorted(declared))}")
            for field, item in inside.items():
                object.__setattr__(part, field, _put_together(item, arrays, classes))
            return part
        case {"tuple": list(items)}:
            return tuple(_put_together(item, arrays, classes) for item in items)
        case {"list": list(items)}:
            return [_put_together(item, arrays, classes) for item in items]
        case {"array": str(path)}:
            if path not in arrays:
                raise InputError(f"the array {path!r} is missing")
            return jax.device_put(arrays[path])  # jnp.asarray compiles a program for every shape
        case {"function": str(name)}:
            if name not in _functions():
                raise InputError(f"the function {name!r} is not known")
            return _functions()[name]
        case {"value": value}:
            return value
    raise InputError(f"{described!r} describes no part of a network")


def _is_module(item: object) -> bool:
    return inspect.isclass(item) and issubclass(item, eqx.Module)


def _functions() -> dict[str, Any]:
    """Return the functions that a network may hold, by name."""
    identity = inspect.signature(eqx.nn.MLP).parameters["final_activation"].default
    named = {"identity": identity}
    for prefix, module in (("jax.nn", jax.nn), ("jax.numpy", jnp)):
        named |= {f"{prefix}.{name}": item for name, item in vars(module).items() if callable(item)}
    return named
