"""What the report's notebooks call: a function for each table, figure and passage."""
