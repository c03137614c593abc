"""Prints the manifests of the platform: `python -m deploy.kubernetes | kubectl apply -f -`.

Kafka and MongoDB are run by their own operators; the job `prepare` sets them up. The secrets come
from `containers`. The stand-in for texts and mail is for development and is left out.
"""

import json
from typing import Any

from deploy import topology
from deploy.compose import ANYWHERE
from deploy.topology import Process

Manifest = dict[str, Any]

NAMESPACE = "throughline"
PREPARE = "python -m deploy.databases && python -m deploy.topics"
WRITABLE = ("/run/throughline", "/tmp")  # noqa: S108  in memory, of this pod alone


def manifests() -> Manifest:
    items: list[Manifest] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _prepare(),
        _closed_network(),
    ]
    for process in topology.processes(host=ANYWHERE):
        if process.service is None:
            continue
        items.append(_workload(process))
        if process.port:
            items += [_service(process), _budget(process)]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def secret(name: str, values: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"throughline-{name}", "namespace": NAMESPACE},
        "stringData": values,
    }


def _named(name: str) -> Manifest:
    return {"name": name, "namespace": NAMESPACE, "labels": _labels(name)}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": "throughline", "app.kubernetes.io/name": name}


def _workload(process: Process) -> Manifest:
    # a listener's slot name is its ordinal: two with one name would fight over their partitions
    stands_still = process.kind == "listener"
    spec: Manifest = {
        "replicas": 2 if process.kind == "web" else 1,
        "selector": {"matchLabels": _labels(process.name)},
        "template": {"metadata": {"labels": _labels(process.name)}, "spec": _pod(process)},
    }
    if stands_still:
        spec["serviceName"] = process.name
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet" if stands_still else "Deployment",
        "metadata": _named(process.name),
        "spec": spec,
    }


def _pod(process: Process) -> Manifest:
    container = _container(process.name, list(process.command))
    if process.port:
        container["ports"] = [{"containerPort": process.port}]
        container["livenessProbe"] = _probe("/livez", process.port)
        container["readinessProbe"] = _probe("/readyz", process.port)
    return _pod_of(container)


def _probe(path: str, port: int) -> Manifest:
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 5, "timeoutSeconds": 3}


def _container(name: str, command: list[str]) -> Manifest:
    return {
        "name": name,
        "image": "throughline",
        "command": command,
        "envFrom": [{"secretRef": {"name": f"throughline-{name}"}}],
        "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "run", "mountPath": path} for path in WRITABLE],
    }


def _pod_of(container: Manifest) -> Manifest:
    return {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 15,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "run", "emptyDir": {"medium": "Memory"}}],
    }


def _prepare() -> Manifest:
    pod = _pod_of(_container("prepare", ["sh", "-c", PREPARE])) | {"restartPolicy": "Never"}
    template = {"metadata": {"labels": _labels("prepare")}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _named("prepare"),
        "spec": {"backoffLimit": 5, "template": template},
    }


def _service(process: Process) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _named(process.name),
        "spec": {"selector": _labels(process.name), "ports": [{"port": process.port}]},
    }


def _budget(process: Process) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _named(process.name),
        "spec": {"minAvailable": 1, "selector": {"matchLabels": _labels(process.name)}},
    }


def _closed_network() -> Manifest:
    """Only our own pods and the ingress reach a web process; nothing reaches the others."""
    ours = {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "throughline"}}}
    ingress = {"namespaceSelector": {"matchLabels": {"throughline": "ingress"}}}
    doors = [{"port": topology.PORTS[service]} for service in topology.SERVICES]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _named("closed"),
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [ours, ingress], "ports": doors}],
        },
    }


if __name__ == "__main__":
    print(json.dumps(manifests(), indent=1))
