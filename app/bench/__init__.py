"""The driver: plans the runs of a benchmark and carries them out. Never imports torch or transformers."""
