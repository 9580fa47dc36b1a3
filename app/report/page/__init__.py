"""How figures and sentences become one HTML file that trusts nothing it shows."""
