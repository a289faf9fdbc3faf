"""From a photo or a scanned page to single digits as MNIST has them."""
