"""Lattices of elastoplastic bars: cells, their condensed problem, a driver of cells, full lattices."""
