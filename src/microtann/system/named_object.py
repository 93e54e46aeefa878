"""Objects of the user that are called by module and name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from microtann.errors import InputError


def named_object(name: str) -> Any:
    """Return what is called ``module:name``, from the folder that the command runs in or an installed package.

    Raises
    ------
    InputError
        If there is none.
    """
    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"{name} cannot be found: {error}") from None
    finally:
        sys.path.pop(0)
