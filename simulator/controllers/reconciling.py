"""Run a work queue over live copies of the kinds it looks at."""

import asyncio
from collections.abc import Iterable
from typing import Any

from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Object
from simulator.controllers.workqueue import WorkQueue


async def reconcile_forever(informers: Iterable[Informer], *queues: WorkQueue[Any]) -> None:
    """Keep the copies current and work the queues, the work beginning once every copy is complete."""
    informers = list(informers)
    async with asyncio.TaskGroup() as group:
        for informer in informers:
            group.create_task(informer.run(), name=f"informer {informer.kind.plural}")
        for informer in informers:
            await informer.synced.wait()
        for queue in queues:
            group.create_task(queue.run())


def owner_reference(owner: Object) -> Object:
    """The controlling owner reference to `owner`, which carries apiVersion, kind and uid."""
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
