"""Go's `fmt.Sprintf` for the verbs that manifests use: `%s %d %v %q %x %t %f`, widths, argument indexes."""

import json
import re
from collections.abc import Sequence

_VERB = re.compile(
    r"%(?P<flags>[-+#0 ]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?:\[(?P<index>\d+)\])?(?P<verb>.)"
)


def sprintf(form: str, values: Sequence[object]) -> str:
    """`form` with its verbs replaced; a missing or surplus value shows as Go shows it."""
    used, out, at = 0, [], 0
    indexed = False
    for match in _VERB.finditer(form):
        out.append(form[at : match.start()])
        at = match.end()
        if match["verb"] == "%":
            out.append("%")
            continue
        if match["index"]:
            used, indexed = int(match["index"]) - 1, True
        if not 0 <= used < len(values):
            out.append(f"%!{match['verb']}(MISSING)" if not indexed else f"%!{match['verb']}(BADINDEX)")
            continue
        out.append(_padded(_one(match["verb"], match["precision"], values[used]), match))
        used += 1
    out.append(form[at:])
    if used < len(values) and not indexed:
        extra = ", ".join(f"{_type(v)}={_plain(v)}" for v in values[used:])
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _one(verb: str, precision: str | None, value: object) -> str:
    kind = bool if isinstance(value, bool) else type(value)
    shown = {
        ("s", str): lambda: str(value)[: int(precision)] if precision else str(value),
        ("q", str): lambda: json.dumps(value, ensure_ascii=False),
        ("x", str): lambda: str(value).encode().hex(),
        ("d", int): lambda: str(value),
        ("x", int): lambda: f"{value:x}",
        ("t", bool): lambda: _plain(value),
        ("f", float): lambda: f"{value:.{int(precision or 6)}f}",
    }.get((verb, kind))
    if verb == "v":
        return _plain(value)
    return shown() if shown else f"%!{verb}({_type(value)}={_plain(value)})"


def _padded(text: str, match: re.Match[str]) -> str:
    width = int(match["width"] or 0)
    if "-" in match["flags"]:
        return text.ljust(width)
    return text.rjust(width, "0" if "0" in match["flags"] else " ")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return "<nil>" if value is None else str(value)


def _type(value: object) -> str:
    names = {str: "string", bool: "bool", int: "int64", float: "float64", type(None): "<nil>"}
    return names.get(type(value), type(value).__name__)
