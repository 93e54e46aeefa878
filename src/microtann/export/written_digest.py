"""Whether a file that was written of a model is still of that model."""

from __future__ import annotations

import os
import re
from pathlib import Path

from microtann.errors import InputError
from microtann.export.parts_digest import parts_digest
from microtann.tann.trained_model import TANN

_DIGEST = re.compile(rb'(?:"digest":"|_DIGEST ")([0-9a-f]{64})"')


def check_written(model: TANN, file: str | os.PathLike[str]) -> None:
    """Refuse a file that was not written of a model as it is now.

    Parameters
    ----------
    model : TANN
    file : path
        A header, a source with its header beside it, a shared library, a WebAssembly module or its face.

    Raises
    ------
    InputError
        If it was written of another model, or of this one before it was trained on or brought to other units, or
        is no exported model at all.
    """
    path = Path(file)
    said = path.with_suffix(".h") if path.suffix == ".c" else path
    try:
        found = _DIGEST.search(said.read_bytes())
    except OSError as error:
        raise InputError(f"{said} cannot be read ({error.strerror}): name a file that was exported") from error
    if found is None:
        raise InputError(f"{said} says of no model that it was exported from it")
    own, written = parts_digest(model), found[1].decode()
    if own != written:
        digests = f"digests {written[:12]} and {own[:12]}"
        raise InputError(f"{path} was written of another model than this one ({digests}): export it again")
