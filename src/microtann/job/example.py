"""A complete job file to begin with, and every key that one may hold."""

from __future__ import annotations

from typing import Any

from microtann.job.job_loads import LOADS
from microtann.job.job_materials import MATERIALS
from microtann.job.tables import (
    HistoryChoice,
    JobTitle,
    MeshChoice,
    OutputChoice,
    PlaceChoice,
    StepChoice,
    SupportChoice,
)
from microtann.numbers.configuration import defaults, descriptions

EXAMPLE = """\
[job]
title = "A column of lattice on a block of steel, bent and released"
length = "mm"
stress = "MPa"

[mesh]                    # or file = "part.inp", whose named groups are regions, sets and sides
lengths = [20.0, 20.0, 40.0]
divisions = [2, 2, 4]

[set.base]                # nodes at z = 0
z = 0.0

[set.top]
z = 40.0

[side.front]              # faces at x = 0
x = 0.0

[region.block]            # cells whose centres have z from 0 to 10
z = [0.0, 10.0]

[region.lattice]
z = [10.0, 40.0]

[material.block]
kind = "von Mises"
young = 210e3
poisson = 0.3
yield_stress = 355.0
hardening = 2100.0

[material.lattice]        # bars of 210 GPa that yield at 0.15 %, H = 21 GPa; cells of 2 mm
kind = "model"
name = "cube@young=210e3,yield_strain=0.0015,length=2"

[[support]]               # holds in every step
on = "base"
components = "xyz"

[[step]]
name = "bend"
increments = 2
[[step.load]]
kind = "displacement"
on = "top"
component = "x"
value = 0.6
[[step.load]]
kind = "pressure"
on = "front"
value = 0.2

[[step]]                  # what it does not repeat fades to zero
name = "release"

[output]
pictures = ["energy", "stress 33"]
points = [[20.0, 20.0, 40.0]]
"""


def job_example() -> str:
    """Return a complete job file, which `read_job` takes as it is."""
    return EXAMPLE


def job_reference() -> str:
    """Return every table and key of a job file with its default and meaning, as commented lines."""
    lines: list[str] = []
    for header, kind in _tables():
        lines += [f"# {header}: {(kind.__doc__ or '').strip().splitlines()[0]}"]
        default, meaning = defaults(kind), descriptions(kind)
        lines += [
            f"#   {name}{f' = {_written(default[name])}' if name in default else ''}: {text}"
            for name, text in meaning.items()
        ]
    return "\n".join(lines) + "\n"


def _tables() -> list[tuple[str, type[Any]]]:
    return [
        ("[job]", JobTitle),
        ("[mesh]", MeshChoice),
        ("[set.NAME], [side.NAME], [region.NAME]", PlaceChoice),
        *((f'[material] or [material.REGION], kind = "{name}"', kind) for name, kind in MATERIALS.items()),
        ("[[support]]", SupportChoice),
        ("[[step]]", StepChoice),
        *((f'[[step.load]], [[load]], kind = "{name}"', kind) for name, kind in LOADS.items()),
        ("[history]", HistoryChoice),
        ("[output]", OutputChoice),
    ]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
