"""`python -m portal` and the `portal` script."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from portal.cli.main import run  # noqa: PLC0415 - keeps `import portal.__main__` free of work

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
