"""The README of a package index: that of the repository, with addresses in place of links to its files.

The build of the package calls `CustomMetadataHook`; the address is that of the repository in pyproject.toml.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


def with_addresses(text: str, repository: str) -> str:
    """Return Markdown whose relative links lead into a repository; pictures to the files themselves."""

    def led(match: re.Match[str]) -> str:
        kind = "raw" if match["picture"] else "blob"
        return f"{match['picture']}[{match['text']}]({repository}/{kind}/main/{match['target']})"

    return re.sub(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?!https?:|#)(?P<target>[^)\s]+)\)", led, text)


class CustomMetadataHook(MetadataHookInterface):
    """Gives the package its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the README into the metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        address = self.config.get("repository") or metadata["urls"]["Repository"]
        metadata["readme"] = {"content-type": "text/markdown", "text": with_addresses(text, address)}
