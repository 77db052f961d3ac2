"""What a service asks of the platform: write its service.yaml, check it, get the schema for an editor."""

import argparse
from pathlib import Path

from portal.bootstrap import read_services
from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.cli.inputs import answer, at_terminal
from portal.cli.options import actions
from portal.core.spec import QUESTIONS, Question, ServiceSpec, described, json_schema, to_document, to_text
from portal.errors import SpecError, UsageError

EXAMPLES = """examples:
  portal spec init                                   answer questions, get service.yaml
  portal spec init --name shop --team web --image ghcr.io/acme/shop:1.0.0 --no-input
  portal spec check service.yaml other.yaml          every fault with line and column
  portal spec schema > service.schema.json           for the editor

exit code: 0 good, 2 something is wrong in the file or the call"""
FILE = Path("service.yaml")


def configure(parser: argparse.ArgumentParser) -> None:
    action = actions(parser)
    check = action("check", "every fault of service files, with line and column")
    check.add_argument("files", metavar="FILE", type=Path, nargs="*", help="service.yaml unless said")
    check.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="as other commands take it",
    )
    init = action("init", "ask what is needed and write a service file")
    for question in QUESTIONS:
        example = f", for example {question.example}" if question.example else ""
        init.add_argument(f"--{question.key}", metavar="…", help=f"{question.text}{example}")
    init.add_argument("--output-file", metavar="FILE", type=Path, default=FILE, help="default: service.yaml")
    init.add_argument("--schema", metavar="REF", default="", help="where editors find the JSON Schema")
    init.add_argument("--no-input", action="store_true", help="ask nothing; defaults for what is not given")
    action("schema", "the JSON Schema of service files")


async def run(call: Call) -> ExitCode:
    if call.args.action == "schema":
        call.out.document(json_schema())
        return ExitCode.DONE
    return await _init(call) if call.args.action == "init" else _check(call)


def _check(call: Call) -> ExitCode:
    specs = read_services([*call.args.files, *call.args.file] or [FILE])
    if call.wants_table:
        rows = [(spec.name, spec.team, ", ".join(spec.environments), _asks(spec)) for spec in specs]
        call.out.table(("SERVICE", "TEAM", "ENVIRONMENTS", "ASKS FOR"), rows)
    else:
        call.out.document([to_document(spec) for spec in specs])
    return ExitCode.DONE


def _asks(spec: ServiceSpec) -> str:
    parts = {
        "database": spec.database,
        "cache": spec.cache,
        "jwt": spec.jwt,
        "secrets": spec.secrets,
        "storage": spec.storage,
        "auth": spec.auth,
        "pull secret": spec.pull_secret,
    }
    return ", ".join(name for name, part in parts.items() if part) or "a deployment"


async def _init(call: Call) -> ExitCode:
    path: Path = call.args.output_file
    _refuse_existing(path)
    answers = await _answers(call)
    try:
        spec = described(answers)
    except SpecError as error:
        raise UsageError("; ".join(f"{fault.message} ({fault.allowed})" for fault in error.faults)) from None
    _write(path, to_text(spec, call.args.schema))
    environment = next(iter(spec.environments))
    call.talk.note(f"{path} is written; next: portal plan -f {path} -e {environment}")
    return ExitCode.DONE


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise UsageError(f"{path} is there already", hint="Name another file with --output-file")


def _write(path: Path, text: str) -> None:
    """Make the file; what came to stand there meanwhile stays."""
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        _refuse_existing(path)
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {exc.strerror}") from exc


async def _answers(call: Call) -> dict[str, str]:
    """Given answers first; the rest is asked, or taken from the defaults where nobody can be asked."""
    answers: dict[str, str] = {}
    wrong: list[str] = []
    asking = at_terminal() and not call.args.no_input
    for question in QUESTIONS:
        given = getattr(call.args, question.key.replace("-", "_"))
        if given is None and asking:
            given = await _asked(call, question, answers)
        if given is None:
            given = question.default(answers) if "name" in answers else None
        fault = "is needed" if given is None else question.fault(given)
        if fault:
            wrong.append(f"--{question.key}: {fault}")
        if given is not None:
            answers[question.key] = given
    if wrong:
        raise UsageError("\n".join(wrong), hint="portal spec init --help explains every answer")
    return answers


async def _asked(call: Call, question: Question, answers: dict[str, str]) -> str:
    """The answer to one question, asked again until it is good."""
    default = question.default(answers)
    hint = f" [{default}]" if default is not None else f" (e.g. {question.example})"
    while True:
        given = await answer(call, f"{question.text}{hint}: ") or default or ""
        fault = question.fault(given)
        if not fault:
            return given
        call.talk.note(f"  {fault}")
