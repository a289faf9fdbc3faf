"""Textbook: everything a network needs to learn, in the order in which to read it."""
