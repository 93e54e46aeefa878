"""Full lattice structures, solved bar by bar (direct numerical simulation)."""
