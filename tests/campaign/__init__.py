"""Faults on purpose: what microtann promises must hold whatever happens to it, and whatever it is given.

``python -m tests.campaign`` runs every class of faults from a random seed. A case that breaks a promise is printed
with the command that repeats it, such as ``python -m tests.campaign files --seed 123 --cases 1``.
"""
