"""Trained models in other codes: written as C and for the interfaces of hosts, compiled, called from Python."""

from microtann.export.compiled_model import CompiledModel
from microtann.export.compilers import compile_source
from microtann.export.export_targets import TARGETS
from microtann.export.mfront_points import GenericBehaviour
from microtann.export.umat_points import UserMaterial
from microtann.export.write_export import write
from microtann.export.written_digest import check_written

__all__ = [
    "TARGETS",
    "CompiledModel",
    "GenericBehaviour",
    "UserMaterial",
    "check_written",
    "compile_source",
    "write",
]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
