"""Wire adapters to ports for one run; whatever is opened here is closed with the run.

The command line reaches adapters only through what is named here.
"""

from portal.adapters.footprint import footprint_mb
from portal.adapters.rehearsal import World, world
from portal.adapters.simulator_child import WorldOptions
from portal.adapters.switchboard import ControlApi
from portal.bootstrap.machine import left_of, leftovers, tools
from portal.bootstrap.rehearsals import world_settings
from portal.bootstrap.services import neon_key_in_file, services
from portal.bootstrap.specs import read_services

__all__ = [
    "ControlApi",
    "World",
    "WorldOptions",
    "footprint_mb",
    "left_of",
    "leftovers",
    "neon_key_in_file",
    "read_services",
    "services",
    "tools",
    "world",
    "world_settings",
]
