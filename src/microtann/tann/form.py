"""Forms of TANN as recall and files see them: a name, a version, the classes of its parts, a compiled update.

How a form learns is said by `microtann.training.form.TrainableForm`, a subclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar, NamedTuple, TypeVar

import equinox as eqx
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConfigurationError
from microtann.system.entry_points import load_entry_points
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]
FORM_ENTRY_POINTS = "microtann.forms"
"""Entry points by which an installed package makes its forms known: each names a form, or a module with some."""
OWN_FORMS = "microtann.forms"
"""The forms of this package, imported when a form is first looked for, as those of other packages are."""


class PointUpdate(NamedTuple):
    """Many material points at the end of an increment, in physical units; the tangent is None if not wanted."""

    stress: Float[Array, "n v"]
    state: Float[Array, "n z"]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    tangent: Float[Array, "n v v"] | None


PreparedUpdate = Callable[[Array, Array, Array, float, bool], PointUpdate]
"""Update of n points from (driving variables (n, y) and states (n, z) at the start, increments of the driving
variables (n, y), Δt, whether the tangent is wanted)."""


@dataclass(frozen=True)
class CompiledUpdate:
    """An update of many points, compiled or written out, and the very classes that it was written for.

    Parameters
    ----------
    energy, evolution : classes
        A subclass may compute something else, so only these themselves are updated by it.
    prepare : callable
        From a material point, its update: the products of arrays that all increments share are formed once, and
        belong to what is returned, which the model keeps.
    serves : callable, optional
        From a material point of these classes, whether the update was written for what they are made of, such as
        the activations of networks; all of them if left out.
    """

    energy: type[Energy]
    evolution: type[Evolution]
    prepare: Callable[[MaterialPoint], PreparedUpdate]
    serves: Callable[[MaterialPoint], bool] | None = None

    def fits(self, point: MaterialPoint) -> bool:
        """Return whether the update gives what the parts of this point give."""
        written = type(point.energy) is self.energy and type(point.evolution) is self.evolution
        return written and (self.serves is None or self.serves(point))


class Form:
    """A kind of TANN."""

    name: ClassVar[str]
    """Name in files and configurations."""
    version: ClassVar[int] = 1
    """Raised where the meaning of the stored arrays changes; files of another version are refused."""
    parts: ClassVar[tuple[type[eqx.Module], ...]]
    """Classes that its networks consist of; those of `equinox.nn` need not be listed."""
    compiled: ClassVar[CompiledUpdate | tuple[CompiledUpdate, ...] | None] = None
    """Compiled update of many points, or some for different parts; else the differentiated increment is used."""


FORMS: dict[str, type[Form]] = {}
"""Forms by name."""
DEFAULT_FORM = "variational"
"""The form that is trained, and that the bare name of a shipped model stands for, where no other is named."""

F = TypeVar("F", bound=type[Form])


def register(form: F) -> F:
    """Make a form known to files, training and the command line; a class decorator."""
    FORMS[form.name] = form
    return form


def _import_own(name: str | None = None) -> None:
    """Import the form of this package that has a name, which is that of its class in small letters; or all."""
    own = import_module(OWN_FORMS)
    for each in own.__all__:
        if name is None or each.lower() == name:
            getattr(own, each)


def form_class(name: str) -> type[Form]:
    """Return the form of a name.

    Raises
    ------
    ConfigurationError
        If no such form is known.
    """
    _import_own(name)
    if name not in FORMS:
        known_forms()
    if name not in FORMS:
        raise ConfigurationError(f"unknown form {name!r}: use one of {', '.join(sorted(FORMS))}")
    return FORMS[name]


def compiled_update(name: str, point: MaterialPoint) -> CompiledUpdate | None:
    """Return the compiled update of a form that fits a point; None if it has none or is not known.

    Parameters
    ----------
    name : str
    point : MaterialPoint
    """
    _import_own(name)
    compiled = FORMS[name].compiled if name in FORMS else None
    known = compiled if isinstance(compiled, tuple) else () if compiled is None else (compiled,)
    return next((update for update in known if update.fits(point)), None)


def known_forms() -> dict[str, type[Form]]:
    """Return all forms by name, those of installed packages included.

    Raises
    ------
    ConfigurationError
        If an installed package names a form that cannot be imported.
    """
    _import_own()
    for loaded in load_entry_points(FORM_ENTRY_POINTS, "form"):
        if isinstance(loaded, type) and issubclass(loaded, Form):
            register(loaded)
    return dict(sorted(FORMS.items()))
