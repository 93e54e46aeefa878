"""Forms of TANN: each says of which parts it consists, how it is trained, and how it is updated fast.

A form is one folder (or one file) with a subclass of `microtann.training.form.TrainableForm`, made known by
`microtann.tann.form.register`. It is imported when it is first asked for: a model needs one of them, and what some
bring along takes half a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microtann.forms.classical.form import Classical
    from microtann.forms.laws.form import Laws
    from microtann.forms.play.form import Play
    from microtann.forms.published.form import Published
    from microtann.forms.residual.form import Residual
    from microtann.forms.variational.form import Variational

__all__ = ["Classical", "Laws", "Play", "Published", "Residual", "Variational"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{name.lower()}.form"), name)


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
