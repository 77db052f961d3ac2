"""The portal: onboarding and honest live status for tenants of a GitOps platform.

Knows nothing of `simulator`. Layers, top to bottom: cli, tui and bootstrap, adapters, engine and
config, ports and settings, core, errors.
"""

VERSION = "0.1.0"
