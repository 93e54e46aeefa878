"""What files of other programmes say of cells, nodes and their names, before these are a mesh or a lattice."""
