"""A home with things that must stay unread and unchanged."""

import os
from dataclasses import dataclass
from pathlib import Path

FILES = {
    ".kube/config": "apiVersion: v1\nkind: Config\ncurrent-context: canary-production\n",
    ".aws/credentials": "[default]\naws_access_key_id = canary\n",
    ".aws/config": "[default]\nregion = canary-1\n",
    ".ssh/id_ed25519": "canary private key\n",
    ".gitconfig": "[user]\n\tname = canary\n[core]\n\thooksPath = /canary\n",
    ".pgpass": "*:*:*:*:canary\n",
    ".docker/config.json": "{}\n",
}
# Access times older than the modification are renewed on the first read on every usual mount.
LONG_AGO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CanaryHome:
    """Where it is, and what stood there."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> "CanaryHome":
        for name, text in FILES.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            os.utime(file, (LONG_AGO - 1, LONG_AGO))
        return cls(path)

    def assert_untouched(self) -> None:
        """Same files, same content, and no access time moved."""
        times = {name: (self.path / name).stat() for name in FILES}
        assert {name: int(stat.st_mtime) for name, stat in times.items()} == dict.fromkeys(FILES, LONG_AGO)
        assert {name: int(stat.st_atime) for name, stat in times.items()} == dict.fromkeys(
            FILES, LONG_AGO - 1
        )
        found = {str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file()}
        assert found == set(FILES)
