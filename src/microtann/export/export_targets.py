"""The codes and formats that a model can be written for; each is a module of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from microtann.errors import InputError
from microtann.export.exported_model import ExportedModel

Files = Mapping[str, str | bytes]
"""Contents of files by their name."""


@dataclass(frozen=True)
class ExportTarget:
    """What a model can be written for.

    Parameters
    ----------
    purpose : str
        For whom it is, in some words.
    module : str
        Of this folder, with a function of the same name that returns, for an `ExportedModel`, the contents of
        files by their name, the main one first.
    orders : tuple of str
        Orders of components to choose from, the usual one first; empty if there is one only.
    """

    purpose: str
    module: str
    orders: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether this version can write it."""
        return find_spec(f"microtann.export.{self.module}") is not None

    def files(self, exported: ExportedModel) -> Files:
        """Return the files of a model."""
        make: Callable[[ExportedModel], Files] = getattr(
            import_module(f"microtann.export.{self.module}"), self.module
        )
        return make(exported)


TARGETS: dict[str, ExportTarget] = {
    "c": ExportTarget("any code that calls C", "c_files"),
    "umat": ExportTarget("Abaqus/Standard, CalculiX, Kratos", "umat_files", ("abaqus", "kratos")),
    "mfront": ExportTarget("OpenGeoSys and other hosts of MFront's generic interface", "mfront_files"),
    "wasm": ExportTarget("browsers and node", "wasm_files"),
    "onnx": ExportTarget("runtimes of ONNX", "onnx_files"),
}
"""All targets by name."""


def target_of(name: str, order: str | None = None) -> tuple[ExportTarget, str]:
    """Return a target and the order of its components.

    Parameters
    ----------
    name : str
    order : str, optional
        The usual one of the target if it is left out.

    Raises
    ------
    InputError
        If there is no such target or order.
    """
    ready = [known for known, target in TARGETS.items() if target.ready]
    if name not in ready:
        raise InputError(f"a model cannot be written for {name!r}: use one of {', '.join(ready)}")
    target = TARGETS[name]
    if order is None:
        return target, target.orders[0] if target.orders else ""
    if order not in target.orders:
        known = ", ".join(target.orders) or "no other than its own, so leave it out"
        raise InputError(f"{name} takes no order {order!r} of components: use {known}")
    return target, order
