"""The report: what is on disk of a benchmark becomes a ranking, statistics, figures and pages."""
