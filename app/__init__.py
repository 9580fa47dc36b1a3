"""A notebook-first benchmark of BERT-family models."""

__version__ = "0.1.0"
