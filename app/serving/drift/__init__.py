"""Whether what is asked now is what the model was made for: tests, a verdict, and the page that tells it."""
