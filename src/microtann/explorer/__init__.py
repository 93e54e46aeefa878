"""A trained model as one page that runs it: strains by hand, its answer, and what happens in its cell."""
