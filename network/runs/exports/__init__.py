"""A run in the file formats of other programs, each in a file named after it."""
