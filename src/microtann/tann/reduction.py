"""Reduction of internal coordinates to internal state variables, and back (paper, Section III.B)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from microtann.errors import InputError
from microtann.numbers.singular_vectors import singular_vectors

UNUSED = 1e-13
"""Directions below this fraction of the largest are not used by encoder or decoder but for round-off."""


class Reduction(eqx.Module):
    """Encoder and decoder between internal coordinates ξ and internal state variables Z of one material point."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that gradients do not train: they are taken from the data in closed form."""

    @property
    @abstractmethod
    def coordinates(self) -> int:
        """Number of internal coordinates, c."""

    @abstractmethod
    def encode(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return Z of the internal coordinates ξ at driving variables y."""

    @abstractmethod
    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        """Return the internal coordinates ξ of Z at driving variables y."""

    def multiplied(self, factors: Float[Array, "c"]) -> Reduction:
        """Return the same reduction of coordinates that are multiplied by factors, as by those of other units.

        Raises
        ------
        InputError
            If a reduction does not know how.
        """
        raise InputError(f"the coordinates of a {type(self).__name__} cannot be brought to other units")


class ResidualReduction(Reduction):
    """Linear autoencoder of the residual ξ − A y that is left after the elastic response.

    The raw coordinates contain the strain itself, which must not become a state variable; their residual is zero
    until something irreversible happens. It is expressed in the whitened principal components q of the data, of
    which Z is a learned linear map::

        q = diag(1/s) Vᵀ diag(w) (ξ − A y)        Z = ENC q
        ξ = A y + diag(1/w) V diag(s) DEC Z

    Parameters
    ----------
    elastic : array, shape (c, y)
        A: elastic response of the coordinates (fixed; from elastic increments).
    weight : array, shape (c,)
        w: inverse sizes of the groups of coordinates, which have different units (fixed).
    vectors : array, shape (c, r)
        V: orthonormal principal directions of the weighted residual (fixed).
    deviation : array, shape (r,)
        s: root mean squares of the principal components in the data (fixed).
    encoder : array, shape (z, r)
        ENC (trained).
    decoder : array, shape (r, z)
        DEC (least squares on the states of the trained model).
    """

    fixed: ClassVar[tuple[str, ...]] = ("elastic", "weight", "vectors", "deviation", "decoder")

    elastic: Float[Array, "c y"]
    weight: Float[Array, "c"]
    vectors: Float[Array, "c r"]
    deviation: Float[Array, "r"]
    encoder: Float[Array, "z r"]
    decoder: Float[Array, "r z"]

    @property
    def coordinates(self) -> int:
        """Number of internal coordinates, c."""
        return self.weight.shape[0]

    def encode(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return Z of internal coordinates."""
        return self.encoder @ self.principal(coordinates, driving)

    def principal(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "r"]:
        """Return the whitened principal components q of the residual."""
        return self.vectors.T @ (self.weight * (coordinates - self.elastic @ driving)) / self.deviation

    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        """Return internal coordinates of Z."""
        residual = self.vectors @ (self.deviation * (self.decoder @ state))
        return self.elastic @ driving + residual / self.weight

    def multiplied(self, factors: Float[Array, "c"]) -> ResidualReduction:
        """Return the same reduction of coordinates that are multiplied by factors."""
        return replace(self, elastic=self.elastic * factors[:, None], weight=self.weight / factors)

    def without_unused(self) -> ResidualReduction:
        """Return the same encoder and decoder on the principal directions that they use: at most two per state."""
        scaled = (
            np.asarray(self.deviation)[:, None] * np.asarray(self.decoder),
            np.asarray(self.encoder / self.deviation).T,
        )
        sizes = [np.linalg.norm(part, 2) or 1.0 for part in scaled]
        directions, used, _ = singular_vectors(
            np.hstack([part / size for part, size in zip(scaled, sizes, strict=True)])
        )
        directions = directions[:, used > UNUSED * used[0]]
        if directions.shape[1] >= len(self.deviation):
            return self
        deviation = np.linalg.norm(directions.T * np.asarray(self.deviation), axis=1)
        decode, encode = (directions.T @ part for part in scaled)
        return replace(
            self,
            vectors=self.vectors @ jnp.asarray(directions),
            deviation=jnp.asarray(deviation),
            encoder=jnp.asarray(encode.T * deviation),
            decoder=jnp.asarray(decode / deviation[:, None]),
        )
