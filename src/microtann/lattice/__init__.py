"""Micromechanics: lattice cells, their bars, the cell problem and full structures."""
