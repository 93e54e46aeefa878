"""A model as a behaviour of MFront's generic interface."""

from __future__ import annotations

from collections.abc import Mapping

from microtann.export.c_files import with_head
from microtann.export.exported_model import ExportedModel


def mfront_files(exported: ExportedModel) -> Mapping[str, str]:
    """Return the source with the head of a behaviour, which has the name of its prefix, and its header."""
    states = [*(f"Z{i + 1}" for i in range(exported.model.states)), "StoredEnergy", "DissipatedEnergy"]
    names = ", ".join(f'"{name}"' for name in states)
    return with_head(exported, "mfront.c", {"STATE_NAMES": names})
