"""The sections of a configuration file and the dataclass that each fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from microtann.cli.drawing import DrawingChoice
from microtann.cli.form_choice import SECTION as FORM_SECTION
from microtann.cli.form_choice import choose_forms, form_defaults, form_help
from microtann.cli.loading import LoadingChoice
from microtann.cli.microstructure import BarChoice, CellChoice, FrameChoice, MicrostructureChoice
from microtann.cli.point_choice import PointChoice
from microtann.cli.reduction_choice import ReductionChoice
from microtann.cli.solid_choice import SolidChoice
from microtann.cli.solver import SolverChoice
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.walks import WalkPlan
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.numbers.configuration import defaults, to_table
from microtann.numbers.settings import Setting, check_sections, collect_settings, fill, help_lines
from microtann.system.toml import to_toml
from microtann.tann.form import DEFAULT_FORM

SECTIONS: dict[str, type[Any]] = {
    "cell": CellChoice,
    "bar": BarChoice,
    "frame": FrameChoice,
    "microstructure": MicrostructureChoice,
    "point": PointChoice,
    "solid": SolidChoice,
    "loading": LoadingChoice,
    "drawing": DrawingChoice,
    "walks": WalkPlan,
    "import": ImportChoice,
    "reduce": ReductionChoice,
    "solver": SolverChoice,
    "simulate": SimulationChoice,
}
"""One file may hold the sections of all stages; each stage reads its own."""

T = TypeVar("T")


def gather(
    file: Path | None,
    assignments: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    forms: Sequence[str] = (),
) -> list[Setting]:
    """Return the settings of a file and of the command line, after checking that their sections exist.

    Forms that are compared may be named; each takes the hyper-parameters that it has.

    Parameters
    ----------
    file : Path, optional
        TOML file.
    assignments : sequence of str, optional
        Arguments of ``--set``.
    options : mapping, optional
        Values of options by dotted key; None means that the option was not given.
    forms : sequence of str
        Names of forms that are compared.

    Raises
    ------
    ConfigurationError
        If the file cannot be used, or a section or an assignment is not known.
    """
    settings = collect_settings(file, assignments or (), options)
    check_sections(settings, (*SECTIONS, FORM_SECTION))
    for section, kind in SECTIONS.items():
        fill(kind, section, settings)  # a mistake in the section of a later stage is told now
    choose_forms(settings, forms)
    return settings


def choose(section: str, kind: type[T], settings: Sequence[Setting]) -> T:
    """Return the effective configuration of one section.

    Parameters
    ----------
    section : str
    kind : type
        Its configuration.
    settings : sequence of Setting
    """
    return fill(kind, section, settings)


def effective(**sections: Any) -> dict[str, dict[str, Any]]:
    """Return sections, given as dataclasses or tables, as the table that is written beside the results."""
    return {name: choice if isinstance(choice, dict) else to_table(choice) for name, choice in sections.items()}


def reference(form: str = DEFAULT_FORM) -> str:
    """Return every key with its default and meaning, as a commented TOML file; [train] with the keys of a form.

    Raises
    ------
    ConfigurationError
        If no form of this name can be trained.
    """
    comments = form_help(form)
    for section, kind in SECTIONS.items():
        comments |= help_lines(kind, section)
    tables = {section: defaults(kind) for section, kind in SECTIONS.items()}
    after = {section: tables.pop(section) for section in ("solver", "simulate")}  # what comes after training
    return to_toml(tables | {FORM_SECTION: form_defaults(form)} | after, comments)
