"""Benchmarks: CPU times and accuracies that the documentation quotes, each reproduced by one command."""
