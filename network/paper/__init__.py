"""From a picture to digits: decode it, find the ink on the paper, separate the digits."""
