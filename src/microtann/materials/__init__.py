"""Materials at Gauss points: the protocol that all follow, and the exact cell (FE²)."""
