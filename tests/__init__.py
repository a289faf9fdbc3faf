"""The specification: tests in the folders of what they test; `house` is about the whole."""
