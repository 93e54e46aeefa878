"""What a refinement is asked to reach, and what each of its rounds does."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from microtann.numbers.configuration import configuration


@configuration
class RefinementChoice:
    """When a model is good enough for a structure, and how it is made so."""

    target: Annotated[
        float,
        Field(
            gt=0.0,
            description="Relative error that is small enough: of the forces that move the structure, and of the "
            "displacements and reactions that the job names.",
        ),
    ] = 0.005
    stress: Annotated[
        float,
        Field(ge=0.0, description="That of the stress, RMS over audited Gauss points; 0 takes the target."),
    ] = 0.0
    dissipation: Annotated[
        float, Field(ge=0.0, description="That of the dissipation of the structure; 0 takes the target.")
    ] = 0.0
    histories: Annotated[
        int, Field(ge=4, description="Strain histories of Gauss points that a round solves exactly.")
    ] = 300
    rounds: Annotated[int, Field(ge=0, description="Most rounds of training.")] = 6
    updates: Annotated[int, Field(ge=1, description="Updates of the training of a round.")] = 1000
    share: Annotated[
        float,
        Field(
            gt=0.0, lt=1.0, description="What the histories together count in the loss; the rest are the walks."
        ),
    ] = 0.5
    grow: Annotated[
        int,
        Field(
            ge=0,
            description="States that are added where the errors do not fall any more; the model is then trained "
            "anew on walks and histories. 0 adds none.",
        ),
    ] = 0
    most_states: Annotated[int, Field(ge=1, description="Beyond which none are added.")] = 96
    audit: Annotated[int, Field(ge=4, description="Gauss points at which every round is audited.")] = 200
    fall: Annotated[
        float,
        Field(
            gt=0.0,
            lt=1.0,
            description="Least relative fall of the worst error in a round; less is no fall any more.",
        ),
    ] = 0.1
    seed: Annotated[int, Field(ge=0, description="Seed of all that is drawn.")] = 0

    def allowed(self, quantity: str) -> float:
        """Return the error that is small enough of "stress", "dissipation" or another quantity."""
        own = {"stress": self.stress, "dissipation": self.dissipation}.get(quantity, 0.0)
        return own or self.target
