"""The entry point of `python -m network`."""

from network.cli import main

if __name__ == "__main__":
    main()
