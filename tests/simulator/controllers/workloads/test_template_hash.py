"""Hashes of pod templates: the one a real cluster gave, and that every part of a template counts."""

from copy import deepcopy
from typing import Any

import pytest

from simulator.controllers.workloads.template_hash import printed, template_hash

OF_CONTAINERS = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {
        "containers": [
            {"name": "c", "image": "i:1", **OF_CONTAINERS},
            {"name": "s", "image": "s:1", **OF_CONTAINERS},
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    },
}


def test_a_recorded_template_has_the_hash_a_real_cluster_gave_it() -> None:
    assert template_hash(TEMPLATE) == "5798cf4786"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (
            {"env": [{"name": "A", "value": "1"}]},
            "Env:([]v1.EnvVar)[{Name:(string)A Value:(string)1 ValueFrom:",
        ),
        (
            {"envFrom": [{"secretRef": {"name": "s", "optional": False}}]},
            (
                "SecretRef:(*v1.SecretEnvSource){LocalObjectReference:(v1.LocalObjectReference){"
                "Name:(string)s} Optional:(*bool)false}"
            ),
        ),
        (
            {"resources": {"requests": {"cpu": "250m"}}},
            (
                "Requests:(v1.ResourceList)map[cpu:{i:(resource.int64Amount){value:(int64)250 "
                "scale:(resource.Scale)-3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)250m "
                "Format:(resource.Format)DecimalSI}]"
            ),
        ),
        ({"resources": {"limits": {"memory": "1Mi"}}}, "value:(int64)1048576 scale:(resource.Scale)0}"),
        (
            {
                "livenessProbe": {
                    "httpGet": {"path": "/", "port": "http", "scheme": "HTTP"},
                    "periodSeconds": 3,
                }
            },
            "Port:(intstr.IntOrString){Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)http}",
        ),
        ({"securityContext": {"runAsUser": 0}}, "RunAsUser:(*int64)0"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, "MountPath:(string)/v"),
        ({"fromTheFuture": {"a": 1}}, '["Container", "fromTheFuture", {"a": 1}]'),
    ],
)
def test_what_a_container_holds_is_printed_as_go_prints_it(part: dict[str, Any], shown: str) -> None:
    template = deepcopy(TEMPLATE)
    template["spec"]["containers"][0] |= part
    assert shown in printed(template)
    assert template_hash(template) != template_hash(TEMPLATE)
