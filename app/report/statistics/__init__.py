"""How good, how sure, and how different: the figures of a report, before anything is shown."""
