"""`python -m parlour` and the `parlour` command."""

from core.host.cli import main

if __name__ == "__main__":
    main(prog_name="parlour")
