"""What `-o json` says of every step, whatever became of it."""

import argparse
import io
from pathlib import Path

from portal.cli.call import Call
from portal.cli.diagnostics import Diagnostics
from portal.cli.following import Steps
from portal.cli.output import Format, Output
from portal.core.events import Progress, Stage
from portal.core.plan import Plan, Step, StepKind, Symbol
from tests.core.specs import identity

TENANT = "identity-service/dev"


def call(talk: io.StringIO) -> Call:
    return Call(
        args=argparse.Namespace(),
        environ={},
        home=Path("/nowhere"),
        out=Output(Format.JSON, io.StringIO()),
        talk=Diagnostics(talk),
    )


def plan() -> Plan:
    spec = identity()
    kinds = (StepKind.BRANCH, StepKind.ROLE, StepKind.DATABASE, StepKind.BUCKET, StepKind.COMMIT)
    steps = [Step(str(kind), Symbol.CREATE, kind, f"the {kind}", "does not exist") for kind in kinds]
    return Plan(spec.for_environment("dev").tenant, spec, tuple(steps))


def test_every_step_is_told_with_its_end_and_the_talk_goes_on() -> None:
    talk = io.StringIO()
    steps = Steps(call(talk))
    for event in (
        Progress(TENANT, "branch", Stage.UNCHANGED, "the branch"),
        Progress(TENANT, "role", Stage.STARTED, "the role"),
        Progress(TENANT, "role", Stage.WAITING, "locked"),
        Progress(TENANT, "role", Stage.DONE, "the role", 1.26),
        Progress(TENANT, "database", Stage.STARTED, "the database"),
        Progress(TENANT, "database", Stage.FAILED, "no route", 0.5),
        Progress(TENANT, "bucket", Stage.STARTED, "the bucket"),
        Progress(TENANT, "bucket", Stage.WAITING, "throttled"),
        Progress("other/dev", "commit", Stage.DONE, "another tenant's"),
    ):
        steps(event)
    found = {
        step["id"]: (step["outcome"], step["seconds"], step["detail"]) for step in steps.document(plan())
    }
    assert found == {
        "branch": ("unchanged", None, ""),
        "role": ("done", 1.3, ""),
        "database": ("failed", 0.5, "no route"),
        "bucket": ("in doubt", None, ""),
        "commit": ("not begun", None, ""),
    }
    assert {step["symbol"] for step in steps.document(plan())} == {"+"}
    assert "locked" in talk.getvalue()
    assert "throttled" in talk.getvalue()
