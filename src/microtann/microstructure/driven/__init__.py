"""Microstructures driven by average strain, average stress or a mix, as a material-point driver does."""
