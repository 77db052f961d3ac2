"""`python -m portal` and the `portal` script."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code; ^C before a command runs is quiet too."""
    try:
        from portal.cli.main import run  # noqa: PLC0415 - keeps `import portal.__main__` free of work

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
