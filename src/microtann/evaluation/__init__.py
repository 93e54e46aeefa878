"""Evaluation: the protocol of paths, error measures, and the reference structures."""
