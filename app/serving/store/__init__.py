"""What was served, kept for a while: a bounded SQLite file that serving writes and the watch for drift reads."""
