"""A figure that shows itself as the last line of a notebook's cell, without pyplot or a magic command."""

from __future__ import annotations

import io
import struct
from typing import Any

from matplotlib.figure import Figure

SHARP = 2.0
"""Pixels of the picture for one of the page, as many as sharp screens have."""


class ShownFigure(Figure):
    """A figure of matplotlib with a picture of its own for notebooks."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """Return the picture, and how large it is on the page."""
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=SHARP * self.dpi)
        data = stream.getvalue()
        width, height = struct.unpack(">II", data[16:24])  # the header of every PNG file
        return data, {"width": round(width / SHARP), "height": round(height / SHARP)}
