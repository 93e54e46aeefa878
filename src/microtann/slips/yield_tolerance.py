"""How far beyond its yield stress a force is before it flows: the width of round-off."""

YIELD_TOLERANCE = 1e-10
"""Relative width of the elastic side of the yield test.

After a plastic increment the trial value equals the yield stress up to round-off; a bare test would make the
tangent of the next increment a matter of chance.
"""
