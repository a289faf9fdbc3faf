"""The hashes of the pickles of MNIST, as every machine builds them."""

MNIST_PICKLES = {
    "train": "cb8bd0560e23219dd8700ec8d3edafa5425c41d477ed83369caccd4ac1bedade",
    "test": "72b0417414ddb966a149f0ec837c97d902569cd2caf26c82feb3aae97faedab2",
}
