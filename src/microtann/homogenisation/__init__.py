"""Homogenisation: the periodic cell problem, condensed and solved exactly, and a driver of cells."""
