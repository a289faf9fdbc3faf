"""Reader of arrays: `.npy`, `.npz`, MATLAB files and pickles, by names and shapes."""

__all__: list[str] = []
