"""A W&B sweep file searched on this machine: its space, its trials, and the study that remembers them."""
