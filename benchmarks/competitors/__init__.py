"""What is measured, each a small program that can be run by itself; the last line it prints is its result as JSON."""
