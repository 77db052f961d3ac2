"""A home with things that must stay unread and unchanged, and that lead to a production nobody may reach."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.e2e.honeypot import SYSTEMS, honeypot

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: canary-production
clusters: [{{name: canary, cluster: {{server: "https://{kubernetes}", insecure-skip-tls-verify: true}}}}]
users: [{{name: canary, user: {{token: canary-token}}}}]
contexts: [{{name: canary-production, context: {{cluster: canary, user: canary}}}}]
"""
_PROFILES = """\
default_profile = "production"
[profiles.production.neon]
url = "http://{neon}/api/v2"
[profiles.production.aws]
ssm_endpoint = "http://{aws}"
s3_endpoint = "http://{aws}"
[profiles.production.repository]
url = "git://{git}/tenants.git"
[profiles.production.environments.dev]
neon_project = "canary-production-1"
"""
_AWS = """\
[default]
region = canary-1
endpoint_url = http://{aws}
[profile canary-profile]
region = canary-1
endpoint_url = http://{aws}
"""
_PLACES = {system: honeypot().at(system) for system in SYSTEMS}
FILES = {
    ".kube/config": _KUBECONFIG.format(**_PLACES),
    ".aws/credentials": "[default]\naws_access_key_id = canary\naws_secret_access_key = canary\n",
    ".aws/config": _AWS.format(**_PLACES),
    ".aws/sso/cache/canary.json": "{}\n",
    ".ssh/id_ed25519": "canary private key\n",
    ".ssh/config": "Host *\n",
    ".gitconfig": (
        "[user]\n\tname = canary\n[core]\n\thooksPath = /canary\n"
        f"[http]\n\tproxy = http://{_PLACES['proxy']}\n"
    ),
    ".config/git/config": "[user]\n\tname = canary\n",
    ".config/zerotouch/portal.toml": _PROFILES.format(**_PLACES),
    ".config/neonctl/credentials.json": "{}\n",
    ".netrc": "machine 127.0.0.1 login canary password canary\n",
    ".pgpass": "*:*:*:*:canary\n",
    ".pg_service.conf": "[canary]\nhost={}\nport={}\n".format(*_PLACES["postgres"].split(":")),
    ".psqlrc": "\\echo canary\n",
    ".docker/config.json": "{}\n",
    ".pythonrc.py": "raise SystemExit('canary')\n",
}
# Access times older than the modification are renewed on the first read on every usual mount.
WRITTEN, READ = 1_000_000_000, 999_999_999


@dataclass(frozen=True, slots=True)
class CanaryHome:
    """Where it is; `reading_shows` tells whether this file system notes that a file was read."""

    path: Path
    reading_shows: bool

    @classmethod
    def make(cls, path: Path) -> "CanaryHome":
        for name, text in FILES.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            _age(file)
        probe = path.parent / "probe"
        probe.write_text("x")
        _age(probe)
        probe.read_text()
        return cls(path, reading_shows=int(probe.stat().st_atime) != READ)

    def assert_untouched(self) -> None:
        """The same files, never opened for reading, never written; and nobody spoke to where they lead."""
        honeypot().assert_unvisited()
        stats = {name: (self.path / name).stat() for name in FILES}
        if self.reading_shows:
            assert [name for name, stat in stats.items() if int(stat.st_atime) != READ] == []
        assert [name for name, stat in stats.items() if int(stat.st_mtime) != WRITTEN] == []
        found = {
            str(path.relative_to(self.path)): sha256(path.read_bytes()).hexdigest()
            for path in self.path.rglob("*")
            if not path.is_dir()
        }
        assert found == {name: sha256(text.encode()).hexdigest() for name, text in FILES.items()}
        for name in FILES:
            _age(self.path / name)


def _age(file: Path) -> None:
    os.utime(file, (READ, WRITTEN))
