"""Say what is in a file and what it would do, without loading it."""
