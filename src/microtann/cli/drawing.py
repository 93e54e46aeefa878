"""Choices of a drawing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from microtann.numbers.configuration import configuration


@configuration
class DrawingChoice:
    """How a deformed cell is drawn."""

    scale: Annotated[
        float,
        Field(
            ge=0.0,
            le=1e6,
            description="Factor on the displacements in the drawings of a cell; 0 shows them as they are, and "
            "small ones magnified.",
        ),
    ] = 0.0
