"""States of residual coordinates: what is left after the elastic response, its return map as a network."""

from microtann.forms.residual.form import Residual

__all__ = ["Residual"]
