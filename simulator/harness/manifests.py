"""Where the manifests are that come with the package."""

from pathlib import Path

from simulator.backends.failure import BackendFailed

_PACKAGES = Path(__file__).resolve().parents[2]


def manifests() -> Path:
    """The data beside the package: `manifests` in a checkout, `zerotouch_manifests` where it is installed."""
    for name in ("manifests", "zerotouch_manifests"):
        if (_PACKAGES / name / "platform").is_dir():
            return _PACKAGES / name
    raise BackendFailed(
        "platform", f"no manifests beside {_PACKAGES / 'simulator'}: the installation is incomplete"
    )
