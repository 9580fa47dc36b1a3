"""A model behind HTTP: predictions, text that goes on, feedback, figures for Prometheus, and a page for people."""
