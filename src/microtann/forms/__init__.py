"""Forms of TANN: each says of which parts it consists, how it is trained, and how it is updated fast.

A form is one folder (or one file) with a subclass of `microtann.training.form.TrainableForm`, made known by
`microtann.tann.form.register`.
"""

from microtann.forms.classical.form import Classical
from microtann.forms.laws.form import Laws
from microtann.forms.play.form import Play
from microtann.forms.published.form import Published
from microtann.forms.residual.form import Residual
from microtann.forms.variational.form import Variational

__all__ = ["Classical", "Laws", "Play", "Published", "Residual", "Variational"]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
