"""The autoencoder of the paper (Section III.B): nonlinear, its weights tied or not."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.layers import Layers, TransposedLayers
from microtann.tann.reduction import Reduction


class Autoencoder(Reduction):
    """Two networks between internal coordinates and internal state variables.

    They work on coordinates that are scaled to [−1, 1]::

        x = (ξ − A y − c) / s        Z = ENC(x)        ξ = A y + c + s DEC(Z)

    Parameters
    ----------
    elastic : array, shape (c, y)
        A: elastic response that is taken off first; zero for raw coordinates, as published (fixed).
    center, scale : array, shape (c,)
        c and s: middle and half-width of the range of every coordinate in the data (fixed).
    encoder : Layers
    decoder : Layers or TransposedLayers
        Of its own weights, or of the encoder's, transposed.
    """

    fixed: ClassVar[tuple[str, ...]] = ("elastic", "center", "scale")

    elastic: Float[Array, "c y"]
    center: Float[Array, "c"]
    scale: Float[Array, "c"]
    encoder: Layers
    decoder: Layers | TransposedLayers

    @property
    def coordinates(self) -> int:
        """Number of internal coordinates, c."""
        return self.scale.shape[0]

    def encode(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return Z of internal coordinates."""
        return self.encoder(self.scaled(coordinates, driving))

    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        """Return internal coordinates of Z."""
        return self.elastic @ driving + self.center + self.scale * self.decode_scaled(state)

    def multiplied(self, factors: Float[Array, "c"]) -> Autoencoder:
        """Return the same autoencoder of coordinates that are multiplied by factors."""
        return replace(
            self,
            elastic=self.elastic * factors[:, None],
            center=self.center * factors,
            scale=self.scale * factors,
        )

    def scaled(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        """Return the coordinates x as the encoder takes them."""
        return (coordinates - self.elastic @ driving - self.center) / self.scale

    def decode_scaled(self, state: Float[Array, "z"]) -> Float[Array, "c"]:
        """Return the coordinates x as the decoder gives them."""
        if isinstance(self.decoder, TransposedLayers):
            return self.decoder(state, self.encoder)
        return self.decoder(state)

    def reconstruct(self, scaled: Float[Array, "c"]) -> Float[Array, "c"]:
        """Return DEC(ENC(x)), whose derivative ∇ED should be the identity (paper, Algorithm 1)."""
        return self.decode_scaled(self.encoder(scaled))

    def identity_defect(self, scaled: Float[Array, "c"], direction: Float[Array, "c"]) -> Float[Array, "c"]:
        """Return (∇ED − 1) d for one direction d, at the price of one pass forward."""
        _, change = jax.jvp(self.reconstruct, (scaled,), (direction,))
        return change - direction

    def identity_defects(self, scaled: Float[Array, "c"]) -> Float[Array, "c c"]:
        """Return the whole of ∇ED − 1."""
        jacobian = jax.jacfwd(self.reconstruct)(scaled)
        return jacobian - jnp.eye(jacobian.shape[0], dtype=jacobian.dtype)
