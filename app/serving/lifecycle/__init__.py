"""Round again: what a new round is due for, what it trains on, and how far it has come."""
