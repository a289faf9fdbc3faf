"""The specification: tests in the folders of what they test; `house` is about the whole."""

import os

# Tests run side by side, one on each core. Threads of a matrix product that wait for each other
# cost these ten times the work. It is set before NumPy is loaded, and for all that tests start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
