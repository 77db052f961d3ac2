"""What a runtime is told of one run of a container, from the pod's specification."""

from collections.abc import Iterator, Mapping

from simulator.controllers.kinds import Object, name_of, namespace_of, uid_of
from simulator.controllers.runtime.interface import Launch, Mount
from simulator.controllers.virtual_kubelet import environment
from simulator.controllers.virtual_kubelet.quantities import value
from simulator.controllers.virtual_kubelet.services import DOMAIN
from simulator.controllers.virtual_kubelet.surroundings import Surroundings

_LONGEST_HOSTNAME = 63


def launch(around: Surroundings, spec: Object, env: Mapping[str, str], *, run: int) -> Launch:
    """`env` is resolved; `run` counts the container's runs."""
    pod = around.pod
    uid = uid_of(pod)
    security = {**(pod["spec"].get("securityContext") or {}), **(spec.get("securityContext") or {})}
    limits = (spec.get("resources") or {}).get("limits") or {}
    return Launch(
        name=f"{namespace_of(pod)}-{name_of(pod)}-{uid[:8]}-{spec['name']}-{run}",
        pod=uid,
        hostname=str(pod["spec"].get("hostname") or name_of(pod))[:_LONGEST_HOSTNAME],
        image=spec["image"],
        command=environment.words(spec, "command", env),
        args=environment.words(spec, "args", env),
        env=env,
        ports=[int(port["containerPort"]) for port in spec.get("ports") or ()],
        directory=around.directory,
        log=around.log(spec["name"], run),
        data=around.data(spec),
        names=around.names(),
        search=f"{namespace_of(pod)}.{DOMAIN}",
        mounts=[*_mounts(pod, spec)],
        memory=int(value(limits["memory"])) if "memory" in limits else None,
        cpus=value(limits["cpu"]) if "cpu" in limits else None,
        user=_user(security),
        working_directory=spec.get("workingDir") or "",
        read_only=bool(security.get("readOnlyRootFilesystem")),
    )


def unmounted(pod: Object, spec: Object) -> list[str]:
    """Names of the volumes a container mounts which hold neither a claim nor an empty directory.

    A service account's token is none of them: nothing here reads it.
    """
    kinds = {volume["name"]: volume.keys() - {"name"} for volume in pod["spec"].get("volumes") or ()}
    mounted = [mount["name"] for mount in spec.get("volumeMounts") or ()]
    return [
        name
        for name in mounted
        if not name.startswith("kube-api-access-") and not kinds.get(name, set()) & _MOUNTABLE
    ]


_MOUNTABLE = {"persistentVolumeClaim", "emptyDir"}


def _mounts(pod: Object, spec: Object) -> Iterator[Mount]:
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    for mount in spec.get("volumeMounts") or ():
        volume = volumes.get(mount["name"], {})
        path, read_only = mount["mountPath"], bool(mount.get("readOnly"))
        if "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            yield Mount(f"claim-{namespace_of(pod)}-{claim}", path, read_only=read_only)
        elif "emptyDir" in volume:
            yield Mount(f"empty-{uid_of(pod)}-{mount['name']}", path, brief=True, read_only=read_only)


def _user(security: Object) -> str:
    if "runAsUser" not in security:
        return ""
    group = f":{security['runAsGroup']}" if "runAsGroup" in security else ""
    return f"{security['runAsUser']}{group}"
