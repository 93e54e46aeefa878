"""What installed packages add to this one: objects that they name as entry points of a group."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from microtann.errors import ConfigurationError


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
