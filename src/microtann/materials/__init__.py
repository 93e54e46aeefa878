"""Materials at Gauss points: the protocol that all follow, linear elasticity and von Mises plasticity."""
