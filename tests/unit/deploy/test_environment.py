"""Each process is told its own secrets and nobody else's."""

import json
from pathlib import Path

import pytest

from deploy import environment, keys, mongodb, topology
from deploy.environment import Deployment

ADMIN = "mongodb://admin:top-secret@db1,db2/admin?authSource=admin&replicaSet=rs&tls=true"


@pytest.fixture(scope="module")
def secrets() -> keys.Keys:
    return keys.generate()


@pytest.fixture(scope="module")
def told(secrets: keys.Keys) -> dict[str, dict[str, str]]:
    deployment = Deployment(
        run_dir=Path("run"),
        keys=secrets,
        kafka_bootstrap="broker:9092",
        mongo_url=lambda user: mongodb.as_user(ADMIN, user, secrets.mongo[user]),
        ports=topology.PORTS,
    )
    processes = topology.processes()
    return {process.name: environment.of(process, deployment) for process in processes}


def _who_knows(told: dict[str, dict[str, str]], secret: str) -> set[str]:
    return {
        name for name, values in told.items() if any(secret in value for value in values.values())
    }


@pytest.mark.parametrize("service", topology.SERVICES)
def test_only_the_relay_knows_the_relays_passwords(
    told: dict[str, dict[str, str]], secrets: keys.Keys, service: str
) -> None:
    user = topology.relay_user(service)
    assert _who_knows(told, secrets.mongo[user]) == {user}
    assert _who_knows(told, secrets.kafka[user]) == {user}


@pytest.mark.parametrize("service", topology.SERVICES)
def test_only_the_listener_knows_its_password_for_the_broker(
    told: dict[str, dict[str, str]], secrets: keys.Keys, service: str
) -> None:
    assert _who_knows(told, secrets.kafka[service]) == {f"{service}-listener"}


@pytest.mark.parametrize("service", topology.SERVICES)
def test_a_services_own_keys_stay_with_it(
    told: dict[str, dict[str, str]], secrets: keys.Keys, service: str
) -> None:
    own = {name for name in told if name.startswith(f"{service}-")}
    assert _who_knows(told, secrets.mongo[service]) == own - {topology.relay_user(service)}
    for key in (secrets.signing[service], secrets.wrap[service], secrets.digest[service]):
        assert _who_knows(told, key) <= own
    assert {name.partition("-")[0] for name in _who_knows(told, secrets.link[service])} <= {
        service,
        "notifications",
    }


def test_master_keys_are_intakes_alone_and_no_administrator_is_told_to_anyone(
    told: dict[str, dict[str, str]], secrets: keys.Keys
) -> None:
    assert _who_knows(told, secrets.master["1"]) == {"intake-web", "intake-listener", "intake-due"}
    for password in ("top-secret", secrets.kafka["admin"], secrets.kafka["controller"]):
        assert not _who_knows(told, password)


def test_another_user_reaches_the_same_servers_in_its_own_database() -> None:
    address = mongodb.as_user(ADMIN, "intake-relay", "p@ss/word")
    assert address == (
        "mongodb://intake-relay:p%40ss%2Fword@db1,db2/intake"
        "?authSource=intake&replicaSet=rs&tls=true"
    )


def test_public_keys_match_the_signing_keys(told: dict[str, dict[str, str]]) -> None:
    public = json.loads(told["aftercare-web"]["PUBLIC_KEYS"])
    assert set(public) == set(topology.SERVICES)


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first = keys.load(tmp_path / "new")
    assert keys.load(tmp_path / "new") == first
    assert (tmp_path / "new" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
