"""Cells driven by average strains and stresses, and their limit loads."""
