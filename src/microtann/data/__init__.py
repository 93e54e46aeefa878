"""Data: states and increments of a material, their file, and their generation from random strain increments."""
