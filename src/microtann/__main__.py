"""``python -m microtann``: the command line without its script."""

from microtann.cli.main import run

run()
