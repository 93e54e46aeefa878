"""Lattices: periodic cells, their bars, families of cells, and cells in files."""
