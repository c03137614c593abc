"""Compose and Kubernetes say the same as the embedded default, because they are made from it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import compose, containers, jars, kubernetes, topology


def test_the_committed_compose_file_is_the_one_we_would_write() -> None:
    assert compose.FILE.read_text() == compose.text(), "run `python -m deploy.compose`"


def test_compose_runs_every_process_with_its_own_secrets() -> None:
    services = yaml.safe_load(compose.text())["services"]
    expected = {process.name for process in topology.processes()}
    assert set(services) == expected | {"kafka", "mongodb", "prepare"}
    for name in expected:
        assert services[name]["env_file"] == f".run/containers/{name}.env"
        assert services[name]["read_only"]
        assert all(port.startswith("127.0.0.1:") for port in services[name].get("ports", []))


def _of_kind(*kinds: str) -> dict[str, Any]:
    items = kubernetes.manifests()["items"]
    return {item["metadata"]["name"]: item for item in items if item["kind"] in kinds}


def test_kubernetes_runs_every_process_of_a_service_as_nobody() -> None:
    workloads = _of_kind("Deployment", "StatefulSet", "Job")
    expected = {process.name for process in topology.processes() if process.service}
    assert set(workloads) == expected | {"prepare"}
    for name, workload in workloads.items():
        pod = workload["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["envFrom"] == [{"secretRef": {"name": f"throughline-{name}"}}]


def test_listeners_keep_their_slot_and_relays_are_alone() -> None:
    assert set(_of_kind("StatefulSet")) == {f"{s}-listener" for s in topology.SERVICES}
    deployments = _of_kind("Deployment")
    for service in topology.SERVICES:
        assert deployments[topology.relay_user(service)]["spec"]["replicas"] == 1


def test_no_secret_stands_in_what_is_not_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBLIC_URLS", raising=False)
    containers.write(tmp_path)
    secrets = json.loads((tmp_path / "secrets.json").read_text())
    shown = compose.text() + json.dumps(kubernetes.manifests())
    for password in (*secrets["mongo"].values(), *secrets["kafka"].values()):
        assert password not in shown
    for path in (tmp_path / "containers").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_only_known_jars_are_accepted() -> None:
    assert len(jars.known()) == 46
    assert "kafka_2.13-4.3.0.jar" in jars.known()
    assert all(len(digest) == 64 for digest in jars.known().values())
