"""Errors of Parameter Store, by the codes and sentences of the service.

Sentences are those the service is documented or recorded to answer; tests/simulator/ssm/differences.py names
where each comes from.
"""

from http import HTTPStatus


class Refusal(Exception):
    """What a caller is told instead of a result; `message` may be empty, as the service leaves it."""

    def __init__(self, code: str, message: str = "", status: int = HTTPStatus.BAD_REQUEST) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(code)


def invalid(message: str) -> Refusal:
    """A request that breaks a rule without an error of its own."""
    return Refusal("ValidationException", message)


def not_found() -> Refusal:
    """The service says nothing but the code."""
    return Refusal("ParameterNotFound")


def version_not_found(selector: str, name: str) -> Refusal:
    """`selector` is a version or a label."""
    kind = "version" if selector.isdigit() else "label"
    return Refusal(
        "ParameterVersionNotFound",
        f"Systems Manager could not find {kind} {selector} of {name}. Verify the {kind} and try again.",
    )


def broken() -> Refusal:
    """The simulated service itself failed."""
    return Refusal(
        "InternalServerError", "An error occurred on the server side.", HTTPStatus.INTERNAL_SERVER_ERROR
    )
