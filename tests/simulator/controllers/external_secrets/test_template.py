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


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("{{ if .username }}a{{ else }}b{{ end }}", "a", id="if"),
        pytest.param('{{ if eq .username "x" }}a{{ else if .json }}b{{ else }}c{{ end }}', "b", id="else if"),
        pytest.param(
            "{{ if not .username }}{{ .missing }}{{ end }}c", "c", id="what is not shown is not run"
        ),
        pytest.param("{{ with .username }}<{{ . }}>{{ end }}", "<bot>", id="with"),
        pytest.param(
            "{{ range $k, $v := . }}{{ $k }};{{ end }}", "json;password;username;", id="range over a map"
        ),
        pytest.param('{{ range splitList "," "a,b" }}[{{ . }}]{{ end }}', "[a][b]", id="range over a list"),
        pytest.param('{{ range splitList "," "" }}{{ end }}x', "x", id="an empty item is one"),
        pytest.param("{{ $name := .username }}{{ $name | upper }}", "BOT", id="variable"),
        pytest.param('{{ index (fromJson .json) "a" }}', "1", id="fromJson"),
        pytest.param("{{ if and .username (ne .json .username) }}y{{ end }}", "y", id="and, ne"),
        pytest.param('{{ "a\nb" | indent 2 }}', "  a\n  b", id="indent"),
        pytest.param('{{ ternary "y" "n" true }}{{ len .username }}', "y3", id="ternary, len"),
        pytest.param('{{ dict "b" 1 "a" (list 1 2) | toJson }}', '{"a":[1,2],"b":1}', id="dict, list"),
        pytest.param("{{ range . }}{{ if . }}{{ else }}{{ end }}{{ end }}.", ".", id="blocks within blocks"),
    ],
)
def test_blocks_and_variables(template: str, expected: str) -> None:
    assert execute(template.replace("\n", "\\n") if "indent" in template else template, DATA) == expected


@pytest.mark.parametrize(
    ("template", "cause"),
    [
        ("{{ if .username }}a", "unexpected EOF"),
        ("a{{ end }}", "unexpected"),
        ("{{ $x }}", "undefined variable"),
        ("{{ range .username }}{{ end }}", "range can't iterate"),
        ("{{ .username.first }}", "can't evaluate field first"),
    ],
)
def test_blocks_that_do_not_fit_are_named(template: str, cause: str) -> None:
    with pytest.raises(TemplateError, match=cause):
        execute(template, DATA)
