"""A structure of one's own from an input file: mesh, materials, supports, loads, and what is written."""
