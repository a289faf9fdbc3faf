"""A neural network in NumPy: from pickles to predictions.

The letters in the shape comments mean the same thing in every file:

    N       examples in a batch
    K       classes (10 digits)
    H, W    height and width of an image (28, 28)
    C       channels of an image, last
    n_in    inputs of a layer, one row of its weight matrix each
    n_out   outputs of a layer, one column of its weight matrix each

and so do the names:

    x       inputs of a layer, one example a row
    y       outputs of a layer
    labels  (N,) the digit each image shows, as integers
    outputs (N, K) of the whole model; the highest is the answer
    d_name  the derivative of the loss by `name`, with the shape of `name`

Read the files in this order: params, initializers, layers, activations, losses, model,
gradient_check, optimizers, schedules, data, recipe, training_state, training, evaluation,
checkpoints, experiment; then convolution, pooling, normalization, dropout, augmentation, sharding.
"""
