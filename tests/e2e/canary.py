"""A home with things that must stay unread and unchanged."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FILES = {
    ".kube/config": "apiVersion: v1\nkind: Config\ncurrent-context: canary-production\n",
    ".aws/credentials": "[default]\naws_access_key_id = canary\n",
    ".aws/config": "[default]\nregion = canary-1\n",
    ".aws/sso/cache/canary.json": "{}\n",
    ".ssh/id_ed25519": "canary private key\n",
    ".ssh/config": "Host *\n",
    ".gitconfig": "[user]\n\tname = canary\n[core]\n\thooksPath = /canary\n",
    ".config/git/config": "[user]\n\tname = canary\n",
    ".config/zerotouch/portal.toml": "canary = [\n",
    ".config/neonctl/credentials.json": "{}\n",
    ".netrc": "machine 127.0.0.1 login canary password canary\n",
    ".pgpass": "*:*:*:*:canary\n",
    ".pg_service.conf": "[canary]\n",
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
        """The same files, never opened for reading, never written."""
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
