"""`python -m tests.bench.fleet.floor CONFIG`: the same lists read side by side and parsed, no more."""

import asyncio
import sys
import time
from pathlib import Path

from portal.adapters.kube import KubeCluster
from portal.config import Overrides, load
from portal.engine.fleet.kinds import Kind, kinds_of


async def main(config: Path) -> None:
    settings = load(Overrides(config=config), {}, config.parent)
    began, count = time.monotonic(), 0

    async def read(cluster: KubeCluster, kind: Kind) -> None:
        nonlocal count
        resource = await kind.discover(cluster)
        if resource is not None:
            listing = await cluster.list(resource)
            count += len(listing.items)

    async with asyncio.TaskGroup() as group:
        for environment in settings.environments:
            cluster = KubeCluster(settings.kube_of(environment))
            for kind in kinds_of(settings.platform):
                if not kind.metadata_only:
                    group.create_task(read(cluster, kind))
    sys.stdout.write(f"{time.monotonic() - began} {count} {time.process_time()}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
