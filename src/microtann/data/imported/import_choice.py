"""What a user says of tables or HDF5 files of another programme: where things are, in which order and unit."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from microtann.errors import ConfigurationError
from microtann.numbers.configuration import configuration


def as_names(value: Any) -> Any:
    """Return the names that a text such as "11,22,12" lists; anything else is left as it is."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) and value else value or ()


Names = Annotated[tuple[str, ...], BeforeValidator(as_names)]


@configuration
class ImportChoice:
    """What files of another programme hold, to make training data of them."""

    format: Annotated[
        Literal["", "table", "hdf5", "damask"],
        Field(
            description="table: text with a header, a line per state; hdf5: arrays by their paths; damask: DADF5. "
            "By default as the file looks."
        ),
    ] = ""
    strain: Annotated[
        Names,
        Field(
            description="Columns of a table in the order of `components`, or the path of an HDF5 array of shape "
            "(states, v) or (states, d, d)."
        ),
    ] = ()
    stress: Annotated[Names, Field(description="The same of the stress.")] = ()
    components: Annotated[
        Names,
        Field(
            description="Order of strains and stresses: their names, such as 11,22,12, or microtann "
            "(11,22,33,23,13,12), abaqus (11,22,33,12,13,23), vtk (11,22,33,12,23,13) or tensor (all, row by row)."
        ),
    ] = ()
    shear: Annotated[
        Literal["", "engineering", "tensor", "mandel"],
        Field(description="What shear components are: γ = 2ε, ε, or √2 ε with √2 σ."),
    ] = ""
    strain_factor: Annotated[float, Field(gt=0.0, description="Of the strains: 0.01 for per cent.")] = 1.0
    stress_factor: Annotated[
        float,
        Field(gt=0.0, description="Of the stresses: 1e-6 makes MPa of Pa, and a volume an average of a sum."),
    ] = 1.0
    stress_unit: Annotated[str, Field(description="Unit of the stresses after their factor, such as MPa.")] = ""
    time: Annotated[
        str, Field(description="Column or HDF5 path of the time; without one an increment lasts 1.")
    ] = ""
    time_unit: Annotated[str, Field(description="Its unit, such as s.")] = ""
    energy: Annotated[str, Field(description="Column or HDF5 path of the free energy, if there is one.")] = ""
    dissipation: Annotated[str, Field(description="The same of the dissipation.")] = ""
    dissipation_is: Annotated[
        Literal["", "accumulated", "increment"],
        Field(description="What the dissipation of a state is: that since the start, or of the last increment."),
    ] = ""
    energy_factor: Annotated[
        float, Field(gt=0.0, description="Of energy and dissipation, so that they are per unit volume: 1/volume.")
    ] = 1.0
    path: Annotated[
        str,
        Field(
            description="Column that tells the paths of one table apart, or HDF5 groups of one path each, as in "
            "run_*; by default a file is a path."
        ),
    ] = ""
    increment: Annotated[
        str, Field(description="Column that counts the states of a path, so that a missing one is noticed.")
    ] = ""
    extra: Annotated[
        Names,
        Field(description="Imposed state variables such as a temperature, as name=column or name=HDF5 path."),
    ] = ()
    coordinates: Annotated[
        Names,
        Field(
            description="Internal coordinates: name=columns* of a table, name=HDF5 path of an array of shape "
            "(states, ...), or name=field of a phase for DAMASK."
        ),
    ] = ()
    clusters: Annotated[
        int,
        Field(
            ge=0,
            description="Clusters of points that move alike, found by the first of the coordinates, whose means "
            "are kept in place of fields; 0 keeps fields. Points, of equal volume, are the second axis.",
        ),
    ] = 0
    units: Annotated[Names, Field(description="Units of coordinates and extra variables, as name=unit.")] = ()
    stiffness: Annotated[
        str,
        Field(
            description="Text file of v lines of v numbers: elastic stiffness in the order of the package, in the "
            "unit of the stresses; by default it is found."
        ),
    ] = ""
    validation: Annotated[
        Names, Field(description="Names of paths for validation, as in cyclic*; by default 15 %, spread evenly.")
    ] = ()
    test: Annotated[Names, Field(description="The same for the test.")] = ()
    single: Annotated[bool, Field(description="Whether coordinates are stored with 32 bits.")] = False

    def __post_init__(self) -> None:
        for name in ("extra", "coordinates", "units"):
            for pair in getattr(self, name):
                key, equals, value = pair.partition("=")
                if not (equals and key.strip() and value.strip()):
                    raise ConfigurationError(f"import.{name} takes name=value, as in temperature=T, got {pair!r}")
        if self.clusters and not self.coordinates:
            raise ConfigurationError("import.clusters needs a field to cluster: say import.coordinates")
        if self.dissipation and not self.dissipation_is:
            raise ConfigurationError(
                "say what the dissipation of a state is: import.dissipation_is = accumulated or increment"
            )
        if self.time and not self.time_unit:
            raise ConfigurationError("say the unit of the time: import.time_unit, such as s")

    def pairs(self, key: str) -> dict[str, str]:
        """Return the pairs name=value of "extra", "coordinates" or "units"."""
        found = (pair.partition("=") for pair in getattr(self, key))
        return {name.strip(): value.strip() for name, _, value in found}
