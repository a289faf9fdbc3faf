"""Console output, command lines and contact sheets that both commands share."""
