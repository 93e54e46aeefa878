"""Objects of others: those that installed packages name as entry points, and a user's by module and name."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from microtann.errors import ConfigurationError, InputError


def load_entry_points(group: str, kind: str) -> list[Any]:
    """Load what installed packages name under a group; a module among it may have registered what it holds.

    Parameters
    ----------
    group : str
        Name of the group, as in the metadata of a package.
    kind : str
        What an entry of the group is, for the message: "form".

    Raises
    ------
    ConfigurationError
        If an installed package names something that cannot be imported.
    """
    loaded = []
    for entry in entry_points(group=group):
        try:
            loaded.append(entry.load())
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(
                f"the {kind} {entry.name!r} of an installed package cannot be imported ({error}): mend the "
                "package, or remove it"
            ) from error
    return loaded


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
