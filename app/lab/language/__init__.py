"""Language models: running text as tokens, how likely a model finds them, and what it writes itself."""
