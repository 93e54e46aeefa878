"""Periodic cells of solids: matrix, voids and inclusions, solved exactly by finite elements."""
