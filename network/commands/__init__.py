"""One file for each command of `network`: parse, call the library, print."""
