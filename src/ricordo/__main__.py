"""`python -m ricordo` is the command line."""

from ricordo.cli import main

if __name__ == "__main__":
    main(prog_name="ricordo")
