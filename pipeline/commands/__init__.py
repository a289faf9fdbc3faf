"""One file for each command of `pipeline`: parse, call the library, print."""
