"""What each kind refuses of an object: field, reason and sentence of every cause."""

from typing import Any, Final

import pytest

from tests.simulator.kube.conftest import Body, Cluster

_REASONS: Final = {
    "Required value": "FieldValueRequired",
    "Invalid value": "FieldValueInvalid",
    "Unsupported value": "FieldValueNotSupported",
    "Duplicate value": "FieldValueDuplicate",
    "Not found": "FieldValueNotFound",
    "Forbidden": "FieldValueForbidden",
    "Too long": "FieldValueTooLong",
}
CORE, APPS = "/api/v1/namespaces/default", "/apis/apps/v1/namespaces/default"
BATCH = "/apis/batch/v1/namespaces/default"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
C: Final = {"name": "c", "image": "i:1"}
LABEL: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
QUALIFIED: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
MISMATCH: Final = "`selector` does not match template `labels`"
NOT_NEGATIVE: Final = "must be greater than or equal to 0"


def metadata(**fields: Any) -> Body:
    return {"metadata": {"name": "a", **fields}}


def deployment(**spec: Any) -> Body:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [C]}}
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template, **spec}}


def pod(**spec: Any) -> Body:
    return {"spec": {"containers": [C], **spec}}


def container(**fields: Any) -> Body:
    return pod(containers=[{**C, **fields}])


METADATA: list[tuple[Body, list[str]]] = [
    (metadata(labels={"a b": "c"}), [f'metadata.labels: Invalid value: "a b": {QUALIFIED}']),
    (
        metadata(labels={"/x": "1"}),
        ['metadata.labels: Invalid value: "/x": prefix part must be non-empty'],
    ),
    (
        metadata(labels={"x/": ""}),
        [
            'metadata.labels: Invalid value: "x/": name part must be non-empty',
            f'metadata.labels: Invalid value: "x/": {QUALIFIED}',
        ],
    ),
    (
        metadata(labels={"k": "x" * 64}),
        [f'metadata.labels: Invalid value: "{"x" * 64}": must be no more than 63 bytes'],
    ),
    (
        metadata(finalizers=["orphan", "foregroundDeletion", "mine"]),
        [
            (
                'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion","mine"]: '
                "finalizer orphan and foregroundDeletion cannot be both set"
            ),
            (
                'metadata.finalizers[2]: Invalid value: "mine": '
                "name is neither a standard finalizer name nor is it fully qualified"
            ),
        ],
    ),
    (
        metadata(ownerReferences=[{"apiVersion": "", "kind": "", "name": "", "uid": ""}]),
        [
            'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
            'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
            'metadata.ownerReferences.name: Invalid value: "": must not be empty',
            'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
        ],
    ),
    (
        {"data": {"..": "1"}},
        ["data[..]: Invalid value: \"..\": must not be '..'"],
    ),
]
DEPLOYMENTS: list[tuple[Body, list[str]]] = [
    (
        deployment(selector=None),
        [
            "spec.selector: Required value",
            f'spec.template.metadata.labels: Invalid value: {{"a":"b"}}: {MISMATCH}',
        ],
    ),
    (
        deployment(selector={}),
        ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ),
    (deployment(replicas=-1), [f"spec.replicas: Invalid value: -1: {NOT_NEGATIVE}"]),
    (
        deployment(strategy={"type": "Odd"}),
        [
            (
                'spec.strategy: Unsupported value: {"Type":"Odd","RollingUpdate":null}: '
                'supported values: "Recreate", "RollingUpdate"'
            )
        ],
    ),
    (
        deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
        ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    ),
    (
        deployment(progressDeadlineSeconds=5, minReadySeconds=5),
        ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
    ),
    (
        deployment(
            template={
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [C], "restartPolicy": "Never"},
            }
        ),
        [
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ],
    ),
    (
        deployment(selector={"matchExpressions": [{"key": "a", "operator": "Odd"}]}),
        [
            'spec.selector.matchExpressions[0].operator: Invalid value: "Odd": not a valid selector operator',
            (
                'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Odd"}]}: '
                "invalid label selector"
            ),
        ],
    ),
]
PODS: list[tuple[Body, list[str]]] = [
    (pod(containers=[]), ["spec.containers: Required value"]),
    (pod(containers=[C, C]), ['spec.containers[1].name: Duplicate value: "c"']),
    (container(name="C_"), [f'spec.containers[0].name: Invalid value: "C_": {LABEL}']),
    (
        container(imagePullPolicy="Odd"),
        [
            (
                'spec.containers[0].imagePullPolicy: Unsupported value: "Odd": '
                'supported values: "Always", "IfNotPresent", "Never"'
            )
        ],
    ),
    (
        container(ports=[{"containerPort": 70000, "name": "UP"}]),
        [
            (
                'spec.containers[0].ports[0].name: Invalid value: "UP": '
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
            ),
            'spec.containers[0].ports[0].name: Invalid value: "UP": must contain at least one letter (a-z)',
            (
                "spec.containers[0].ports[0].containerPort: Invalid value: 70000: "
                "must be between 1 and 65535, inclusive"
            ),
        ],
    ),
    (
        container(env=[{"name": "a=b"}, {"name": "x", "valueFrom": {"secretKeyRef": {"key": ""}}}]),
        [
            (
                'spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name '
                "must consist only of printable ASCII characters other than '='"
            ),
            "spec.containers[0].env[1].valueFrom.secretKeyRef.key: Required value",
        ],
    ),
    (
        container(envFrom=[{"secretRef": {}}, {}]),
        [
            "spec.containers[0].envFrom[0].secretRef.name: Required value",
            (
                'spec.containers[0].envFrom: Invalid value: "": '
                "must specify one of: `configMapRef` or `secretRef`"
            ),
        ],
    ),
    (
        container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ),
    (
        container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}}),
        [
            (
                'spec.containers[0].resources.requests: Invalid value: "1500m": '
                "must be less than or equal to cpu limit of 1"
            )
        ],
    ),
    (
        container(livenessProbe={}),
        ["spec.containers[0].livenessProbe: Required value: must specify a handler type"],
    ),
    (
        container(image=" i"),
        ['spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
    ),
    (pod(volumes=[{"name": "v", "secret": {}}]), ["spec.volumes[0].secret.secretName: Required value"]),
    (
        pod(restartPolicy="Odd"),
        ['spec.restartPolicy: Unsupported value: "Odd": supported values: "Always", "OnFailure", "Never"'],
    ),
]
ROLE: Final = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
OTHERS: list[tuple[str, Body, list[str]]] = [
    (
        f"{CORE}/secrets",
        {"type": "kubernetes.io/tls"},
        ["data[tls.crt]: Required value", "data[tls.key]: Required value"],
    ),
    (
        f"{CORE}/secrets",
        {"type": "kubernetes.io/dockerconfigjson"},
        ["data[.dockerconfigjson]: Required value"],
    ),
    (f"{CORE}/services", {"spec": {}}, ["spec.ports: Required value"]),
    (
        f"{CORE}/services",
        {"spec": {"ports": [{"port": 80}, {"port": 0, "name": "x"}]}},
        [
            "spec.ports[0].name: Required value",
            "spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[1].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
        ],
    ),
    (
        f"{CORE}/services",
        {"spec": {"type": "Odd", "ports": [{"port": 80}]}},
        [
            ('spec.type: Unsupported value: "Odd": '
            'supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"')
        ],
    ),
    (
        f"{CORE}/persistentvolumeclaims",
        {"spec": {}},
        [
            "spec.accessModes: Required value: at least 1 access mode is required",
            "spec.resources[storage]: Required value",
        ],
    ),
    (
        f"{CORE}/events",
        {"involvedObject": {"namespace": "other"}},
        ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ),
    (
        f"{APPS}/statefulsets",
        deployment(podManagementPolicy="Odd"),
        ["spec.podManagementPolicy: Invalid value: \"Odd\": must be 'OrderedReady' or 'Parallel'"],
    ),
    (
        f"{BATCH}/jobs",
        {"spec": {"backoffLimit": -1, "template": {"spec": {"containers": [C]}}}},
        [
            f"spec.backoffLimit: Invalid value: -1: {NOT_NEGATIVE}",
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ],
    ),
    (
        f"{BATCH}/cronjobs",
        {
            "spec": {
                "schedule": "often",
                "jobTemplate": {
                    "spec": {"template": {"spec": {"containers": [C], "restartPolicy": "Never"}}}
                },
            }
        },
        ['spec.schedule: Invalid value: "often": expected exactly 5 fields, found 1: [often]'],
    ),
    (
        f"{RBAC}/namespaces/default/roles",
        {"rules": [{}, {"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
        [
            "rules[0].verbs: Required value: verbs must contain at least one value",
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            "rules[0].resources: Required value: resource rules must supply at least one resource",
            ('rules[1].nonResourceURLs: Invalid value: ["/x"]: '
            "namespaced rules cannot apply to non-resource URLs"),
        ],
    ),
    (
        f"{RBAC}/clusterrolebindings",
        {
            "roleRef": ROLE,
            "subjects": [{"kind": "ServiceAccount", "name": "s"}, {"kind": "Odd", "name": "x"}],
        },
        [
            'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
            "subjects[0].namespace: Required value",
            'subjects[1].kind: Unsupported value: "Odd": supported values: "ServiceAccount", "User", "Group"',
        ],
    ),
    (
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        {"spec": {"leaseDurationSeconds": 0}},
        ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
    ),
]  # fmt: skip
TABLES: Final = {
    "metadata": [(f"{CORE}/configmaps", *row) for row in METADATA],
    "deployments": [(f"{APPS}/deployments", *row) for row in DEPLOYMENTS],
    "pods": [(f"{CORE}/pods", *row) for row in PODS],
    "others": OTHERS,
}


def _rendered(sentence: str) -> dict[str, str]:
    field, _, message = sentence.partition(": ")
    return {"reason": _REASONS[message.partition(":")[0]], "message": message, "field": field}


@pytest.mark.parametrize("table", TABLES)
async def test_an_invalid_object_is_refused_with_every_cause(cluster: Cluster, table: str) -> None:
    wrong = []
    for path, body, sentences in TABLES[table]:
        answer = await cluster.http.post(path, json={**metadata(), **body})
        found = (answer.status_code, answer.json().get("details", {}).get("causes"))
        if found != (422, [_rendered(one) for one in sentences]):
            wrong.append((path, body, answer.text))
    assert not wrong


async def test_a_name_is_generated_within_its_limit_and_its_beginning_is_judged(cluster: Cluster) -> None:
    long = await cluster.create(f"{CORE}/configmaps", {"metadata": {"generateName": "x" * 70}})
    assert len(long["metadata"]["name"]) == 63
    bad = await cluster.http.post(f"{CORE}/configmaps", json={"metadata": {"generateName": "Bad_"}})
    assert [one["field"] for one in bad.json()["details"]["causes"]] == [
        "metadata.generateName",
        "metadata.name",
    ]


async def test_no_finalizer_is_added_to_what_is_going(cluster: Cluster) -> None:
    await cluster.create(f"{CORE}/configmaps", metadata(finalizers=["a.b/c"]))
    await cluster.http.delete(f"{CORE}/configmaps/a")
    answer = await cluster.patch(f"{CORE}/configmaps/a", {"metadata": {"finalizers": ["a.b/c", "d.e/f"]}})
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"d.e/f"}'
    )
