"""Train a first network, with every line of the training loop written out.

    python docs/examples/first_network.py

It reads 28x28 pixels, has one hidden layer of 30 neurons, and gives each of the ten digits a score.
"""

import numpy as np

from network import SGD, Flatten, Linear, Model, Sigmoid, SquaredError, load_dataset

# 1,000 handwritten digits that come with the package, and which digit each of them is.
data = load_dataset("mnist-sample").train
images = data.images / np.float32(255)  # (1000, 28, 28): 0 is paper, 1 is full ink
labels = data.labels  # (1000,): 5, 0, 4, 1, 9, ...

# The network learns from 900 digits. The other 100 show how well it reads digits that it never saw.
train_images, train_labels = images[:900], labels[:900]
validation_images, validation_labels = images[900:], labels[900:]

# The network: pixels in a row, 30 neurons, then 10 neurons, one for each digit.
# A neuron adds up its inputs, each times a weight. A sigmoid turns the sum into 0 to 1.
model = Model((Flatten(), Linear(30), Sigmoid(), Linear(10), Sigmoid()))
loss = SquaredError()  # distance of the ten scores from 1 for the correct digit, 0 for the others
optimizer = SGD()  # the rule for a step: change every weight against its gradient
learning_rate = 5.0  # the factor between gradient and change

rng = np.random.default_rng(seed=0)  # random numbers, the same ones each time you run this
params = model.init(rng, in_shape=(28, 28))  # all weights; they begin as small random numbers
state = optimizer.init(params)  # what the optimizer keeps from step to step: nothing, for SGD

for epoch in range(1, 16):  # an epoch is one pass over the 900 digits
    order = rng.permutation(900)  # in a new random order each time
    losses = []
    for start in range(0, 900, 10):  # a step learns from ten digits, a batch
        batch = order[start : start + 10]

        # Forward: compute the scores, and keep a function for the backward pass.
        outputs, backward = model.forward(params, train_images[batch])  # (10, 10)
        # How large is the error? And how would the loss change if a score changed?
        loss_value, d_outputs = loss(outputs, train_labels[batch])
        # Backward: how would the loss change if a weight changed? For all of them at once.
        grads = backward(d_outputs)
        # Move every weight so that the loss becomes smaller.
        optimizer.update(params, grads, state, learning_rate)
        losses.append(loss_value)

    # Validation: the digit with the highest score is the prediction.
    scores, _ = model.forward(params, validation_images)  # (100, 10)
    accuracy = np.mean(scores.argmax(axis=1) == validation_labels)  # the share that is correct
    print(f"epoch {epoch:2}  loss {np.mean(losses):.3f}  validation {100 * accuracy:.0f} %")
