"""Versions of packaged models, what became of each, and which of them is the champion."""
