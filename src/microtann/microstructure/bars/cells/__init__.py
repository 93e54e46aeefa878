"""Periodic cells of bars, the law of the bars, families of cells, and cells in files."""
