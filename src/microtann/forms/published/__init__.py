"""The TANN as published: autoencoder, energy and evolution are networks, trained together and then fine-tuned."""

from microtann.forms.published.form import Published

__all__ = ["Published"]
