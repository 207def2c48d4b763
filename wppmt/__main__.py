"""`python -m wppmt` and the console script: the command line."""

from __future__ import annotations

from wppmt.cli import wppmt


def main() -> None:
    wppmt(prog_name="wppmt")


if __name__ == "__main__":
    main()
