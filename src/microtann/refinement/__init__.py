"""Refinement: a model that is trained on along what a structure does, until it is good enough there."""
