"""Points of a microstructure that flow together: their clusters, and the groups of a TANN that these make."""
