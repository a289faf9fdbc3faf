"""Download MNIST and turn it into pickles of parallel lists."""
