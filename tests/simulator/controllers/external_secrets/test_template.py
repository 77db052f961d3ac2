"""The Go-template subset: what platforms write in Secret templates, and what cannot be executed."""

import pytest

from simulator.controllers.external_secrets.template import TemplateError, execute

DATA = {"username": "bot", "password": 'p"w', "json": '{"a":1}'}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("plain", "plain", id="no action"),
        pytest.param("{{ .username }}@{{.username}}", "bot@bot", id="fields"),
        pytest.param('{{ printf "%s:%s" .username "x" | b64enc }}', "Ym90Ong=", id="printf into b64enc"),
        pytest.param("{{ .password | quote }}", '"p\\"w"', id="quote"),
        pytest.param("{{ .password | toJson }}", '"p\\"w"', id="toJson of a string"),
        pytest.param(
            "{{ . | toJson }}", '{"json":"{\\"a\\":1}","password":"p\\"w","username":"bot"}', id="dot"
        ),
        pytest.param('{{ index . "username" | upper }}', "BOT", id="index"),
        pytest.param("a {{- .username -}} b", "abotb", id="trimmed whitespace"),
        pytest.param("{{/* note */}}x", "x", id="comment"),
        pytest.param('{{ "" | default "d" }}', "d", id="default"),
        pytest.param('{{ printf "%s" (.username | b64enc) }}', "Ym90", id="parentheses"),
        pytest.param('{{ "Ym90" | b64dec }}', "bot", id="b64dec"),
    ],
)
def test_a_template_is_executed_as_go_would(template: str, expected: str) -> None:
    assert execute(template, DATA) == expected


@pytest.mark.parametrize(
    ("template", "cause"),
    [
        pytest.param("{{ .missing }}", 'map has no entry for key "missing"', id="missing key"),
        pytest.param(
            "{{ frobnicate .username }}", 'function "frobnicate" not defined', id="unknown function"
        ),
        pytest.param("{{ .username | }}", "a pipeline stage must be a function", id="empty stage"),
        pytest.param("{{ (.username }}", "unclosed left paren", id="unclosed"),
        pytest.param('{{ "!!" | b64dec }}', "error calling b64dec", id="bad argument"),
        pytest.param("{{ .username ? }}", "unexpected", id="not a token"),
    ],
)
def test_a_template_that_cannot_be_executed_says_why_and_shows_no_value(template: str, cause: str) -> None:
    with pytest.raises(TemplateError, match=cause) as failure:
        execute(template, DATA)
    assert not any(value in str(failure.value) for value in DATA.values())
