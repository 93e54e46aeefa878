"""Input decks of Abaqus: lines, parts and instances, elements, names, sections, and the mesh that they make."""
