"""Learn XOR: a small problem that needs a hidden layer.

    python docs/examples/xor.py

XOR is 1 if exactly one of its two inputs is 1. No straight line separates the four cases, so one
neuron is not enough; four hidden neurons and one output are.
"""

import numpy as np

from network.core import SGD, Linear, Model, Sigmoid

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)  # (4, 2)
targets = np.array([[0], [1], [1], [0]])  # (4, 1)

model, optimizer = Model((Linear(4), Sigmoid(), Linear(1), Sigmoid())), SGD()
params = model.init(np.random.default_rng(0), in_shape=(2,), dtype=np.float64)
state = optimizer.init(params)

for step in range(5001):
    outputs, backward = model.forward(params, inputs)  # (4, 1)
    error = outputs - targets
    if step % 1000 == 0:
        print(f"step {step:5,}  loss {(error**2).mean() / 2:.4f}")
    grads = backward(error / len(inputs))  # the derivative of the loss, 1/N sum 1/2 error^2
    optimizer.update(params, grads, state, learning_rate=5)

print("\n a  b  a XOR b  network")
for (a, b), target, output in zip(inputs, targets[:, 0], outputs[:, 0], strict=True):
    print(f" {a:.0f}  {b:.0f}  {target:7}  {output:7.3f}")
