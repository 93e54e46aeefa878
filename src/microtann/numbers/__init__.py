"""Numbers and names as they enter: Voigt order, columns of internal coordinates, checks, configurations."""
