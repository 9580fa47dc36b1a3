"""What it takes to open the notebooks elsewhere: rendered, checked, linked to, and with their packages brought."""
