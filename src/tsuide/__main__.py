"""`python -m tsuide`: the command line."""

from tsuide.interfaces.cli import main

if __name__ == "__main__":
    main()
