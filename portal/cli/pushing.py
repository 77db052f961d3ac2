"""Values out of a pipeline into Parameter Store: `KEY=value` lines, or variables named for an environment."""

import argparse
from collections.abc import Mapping

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key
from portal.cli.consent import take_over_argument, typed_name
from portal.cli.diagnostics import ExitCode
from portal.cli.inputs import at_terminal, lines
from portal.core.facets import TenantKey
from portal.core.pushing import key_of_line, key_of_variable, prefixes
from portal.core.secrets import Secret
from portal.engine.tenant_secrets import Pushed, push
from portal.errors import UsageError

STOPPING = "stopping; what is under way is looked at again by the next push"
STOPPED = "stopped; push again: what stands is left as it is"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "variables",
        metavar="VARIABLE",
        nargs="*",
        help="names of environment variables, e.g. DEV_DATABASE_URL; without them lines from stdin, and "
        "where stdin is empty every variable that is so named",
    )
    parser.add_argument(
        "--replace",
        metavar="KEY[@VERSION]",
        action="append",
        default=[],
        help="consent to replace another value of this key, at this version; may repeat",
    )
    parser.add_argument(
        "--confirm",
        metavar="TENANT",
        default="",
        help="its name, where its environment is protected",
    )
    take_over_argument(parser)


async def run(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    settings = call.settings(change="push")
    consent = dict(_consent(text) for text in call.args.replace)
    if settings.policy.protects(tenant.environment) and call.args.confirm != str(tenant):
        await _confirmed(call, tenant)
    values = await _values(call, tenant)
    async with services(settings) as world:
        done = await push(world, tenant, values, consent, call.talk.progress)
    if call.wants_table:
        rows = [(each.key, each.outcome.value, str(each.version), each.parameter) for each in done]
        call.out.table(["KEY", "OUTCOME", "VERSION", "PARAMETER"], rows)
    else:
        call.out.document([_document(each) for each in done])
    if any(each.outcome.value != "unchanged" for each in done):
        call.talk.note(f"External Secrets takes it over with its next refresh: portal secrets list {tenant}")
    return ExitCode.DONE


async def _confirmed(call: Call, tenant: TenantKey) -> None:
    """The name typed; raises UsageError where nobody can, before any value is read."""
    why = f"{tenant.environment} is protected"
    if not at_terminal():
        raise UsageError(why, hint=f"Say --confirm {tenant}")
    await typed_name(call, tenant, f"{why}.")


def _document(each: Pushed) -> dict[str, object]:
    return {
        "key": each.key,
        "parameter": each.parameter,
        "outcome": each.outcome.value,
        "version": each.version,
    }


def _consent(text: str) -> tuple[str, int | None]:
    """`openai_api_key@3` as key and version; raises UsageError."""
    key, at, version = text.partition("@")
    if at and not (version.isdecimal() and version.isascii()):
        raise UsageError(f"--replace {key}@…: a version is a number, for example --replace {key}@3")
    return key.lower(), int(version) if at else None


async def _values(call: Call, tenant: TenantKey) -> Mapping[str, Secret]:
    """From the variables that were named, else the lines of standard input, else the environment."""
    if call.args.variables:
        return dict(_named(call, tenant, name) for name in call.args.variables)
    given = {} if at_terminal() else await lines()
    if given:
        return _unique(
            {name: (key_of_line(name, tenant.environment), value) for name, value in given.items()}
        )
    found = {
        name: (key, Secret(call.environ[name]))
        for name in sorted(call.environ)
        if (key := key_of_variable(name, tenant.environment))
    }
    if not found:
        before = " or ".join(f"{prefix}<KEY>" for prefix in prefixes(tenant.environment))
        raise UsageError(
            "no values on standard input, and no variable of this environment",
            hint=f"Give KEY=value lines, or set {before}",
        )
    call.talk.note(f"from the environment: {', '.join(found)}")
    return _unique(found)


def _named(call: Call, tenant: TenantKey, name: str) -> tuple[str, Secret]:
    if "=" in name:
        raise UsageError(
            "a value was given as an argument, where every local user can read it",
            hint="Name the variable alone, or give KEY=value on standard input; and change that value",
        )
    key = key_of_variable(name, tenant.environment)
    if key is None:
        before = " or ".join(prefixes(tenant.environment))
        raise UsageError(f"{name} is no variable of {tenant.environment}", hint=f"It begins with {before}")
    if not call.environ.get(name):
        raise UsageError(f"the variable {name} is not set")
    return key, Secret(call.environ[name])


def _unique(found: Mapping[str, tuple[str, Secret]]) -> Mapping[str, Secret]:
    """By key; raises UsageError where two names stand for one."""
    values: dict[str, Secret] = {}
    for key, value in found.values():
        if key in values:
            raise UsageError(f"{key} was given twice under different names")
        values[key] = value
    return values
