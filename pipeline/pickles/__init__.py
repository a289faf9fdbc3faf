"""The pickles of two parallel lists, and safe reading of other pickles."""
