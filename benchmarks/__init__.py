"""The project measured against what a user would use instead: `python -m benchmarks`."""
