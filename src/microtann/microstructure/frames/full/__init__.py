"""Full structures of beams, solved beam by beam (direct numerical simulation)."""
