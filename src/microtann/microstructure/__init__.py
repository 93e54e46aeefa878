"""Microstructures: what all of them can do, and each kind in a folder of its own."""
