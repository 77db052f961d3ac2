"""What an organization asks of services beyond what the systems do; nothing is asked unless configured."""

import re
from dataclasses import dataclass

from portal.core.names import environment_of
from portal.core.spec.model import EffectiveSpec


@dataclass(frozen=True, slots=True)
class Policy:
    """Lists are words with commas between them. `protected` environments want a tenant's name typed before a
    value is shown, replaced or taken away; `service_names` is a regular expression a whole name must match;
    an image must begin with one of `images`; `latest` says whether an image may be the latest one.
    """

    protected: str = "prod"
    service_names: str = ""
    images: str = ""
    latest: bool = True
    replicas: int | None = None
    secrets: int | None = None

    def protects(self, environment: str) -> bool:
        """Whether an environment is protected, under either of its names."""
        return environment_of(environment) in {environment_of(word) for word in _words(self.protected)}

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the policy itself, each beginning with its key."""
        found = [
            f"protected: {word} is no environment"
            for word in _words(self.protected)
            if environment_of(word) is None
        ]
        try:
            re.compile(self.service_names)
        except re.error as exc:
            found.append(f"service_names: not a regular expression: {exc}")
        return tuple(found)

    def violations(self, spec: EffectiveSpec) -> tuple[str, ...]:
        """What a service does that the policy does not allow, each with the setting that says so."""
        images = _words(self.images)
        broken = {
            f"service name {spec.service} does not match policy.service_names ({self.service_names})": bool(
                self.service_names and not re.fullmatch(self.service_names, spec.service)
            ),
            f"image {spec.image} begins with none of policy.images ({', '.join(images)})": bool(
                images and not spec.image.startswith(images)
            ),
            "the image is latest, which policy.latest = false does not allow: name a version": (
                not self.latest and spec.image.endswith(":latest")
            ),
            f"{spec.replicas} replicas are more than policy.replicas allows ({self.replicas})": (
                self.replicas is not None and spec.replicas > self.replicas
            ),
            f"{len(spec.secrets)} secrets are more than policy.secrets allows ({self.secrets})": (
                self.secrets is not None and len(spec.secrets) > self.secrets
            ),
        }
        return tuple(text for text, violated in broken.items() if violated)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
