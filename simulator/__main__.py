"""`python -m simulator`: up, status, fault, down."""

import sys

_TOO_OLD = "Python 3.11 or newer is needed, this is {}: run it with a newer one.\n"


def main() -> int:
    """Run the command of the command line; says so in one sentence when Python itself is too old."""
    if sys.version_info < (3, 11):  # noqa: UP036 - told instead of failing on syntax
        sys.stderr.write(_TOO_OLD.format(sys.version.split()[0]))
        return 1
    if sys.argv[1:2] == ["world"]:
        from simulator.harness.worldprocess import main as world  # noqa: PLC0415 - the supervisor stays small

        return world(sys.argv[2:])
    from simulator.harness.commands import main as commands  # noqa: PLC0415 - as above, and after the check

    return commands(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
