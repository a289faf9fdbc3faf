"""From mirrors on the web to verified raw files."""
