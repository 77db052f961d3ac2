"""The constructed environment of every child: what programs need to run, nothing of what their user has set.

Cloud credentials, kubeconfig, proxies, agents and the home directory of the person never pass.
"""

import os
from collections.abc import Mapping

_KEPT = frozenset({"PATH", "TMPDIR", "LANG", "PYTHONPATH", "VIRTUAL_ENV"})
_FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"


def constructed(
    extra: Mapping[str, str] | None = None, *, inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment to start a child with: the kept variables, PATH in any case, then `extra`."""
    source = os.environ if inherited is None else inherited
    kept = {name: value for name, value in source.items() if name in _KEPT or name.startswith("LC_")}
    kept.setdefault("PATH", _FALLBACK_PATH)
    return {**kept, **(extra or {})}
