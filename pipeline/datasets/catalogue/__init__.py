"""The data sets that are known by name, a file each."""
