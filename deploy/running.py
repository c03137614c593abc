"""The platform of this checkout: its folder, its ports and secrets, embedded or outside servers."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy import keys, mongodb, topology
from deploy.environment import Deployment
from deploy.keys import Keys
from deploy.paths import RUN


class NotGiven(Exception):
    """An outside server needs its administrator's login as well."""


@dataclass(frozen=True)
class Platform:
    """What the process manager needs on top of what the processes are told."""

    deployment: Deployment
    admin_mongo_url: str
    kafka_admin: tuple[str, str]
    """User and password of Kafka's administrator."""
    own_kafka: bool
    own_mongo: bool

    @property
    def run_dir(self) -> Path:
        return self.deployment.run_dir

    @property
    def keys(self) -> Keys:
        return self.deployment.keys


def ports() -> dict[str, int]:
    """Each port may be set from outside, as PORT_INTAKE or PORT_PROVIDER_SMTP."""
    return {
        name: int(os.environ.get(f"PORT_{name.upper().replace('-', '_')}", default))
        for name, default in topology.PORTS.items()
    }


def run_dir() -> Path:
    return Path(os.environ.get("RUN_DIR", RUN)).resolve()


def current() -> Platform:
    """The platform as the environment describes it; makes the secrets at the first call."""
    folder = run_dir()
    secrets = keys.load(folder)
    numbers = ports()
    outside_mongo = os.environ.get("MONGO_URL")
    outside_kafka = os.environ.get("KAFKA_BOOTSTRAP")
    admin_url = outside_mongo or mongodb.admin_url(numbers["mongodb"], secrets.mongo["admin"])
    deployment = Deployment(
        run_dir=folder,
        keys=secrets,
        kafka_bootstrap=outside_kafka or f"127.0.0.1:{numbers['kafka']}",
        mongo_url=lambda user: mongodb.as_user(admin_url, user, secrets.mongo[user]),
        ports=numbers,
    )
    return Platform(
        deployment=deployment,
        admin_mongo_url=admin_url,
        kafka_admin=_outside_admin() if outside_kafka else ("admin", secrets.kafka["admin"]),
        own_kafka=not outside_kafka,
        own_mongo=not outside_mongo,
    )


def _outside_admin() -> tuple[str, str]:
    try:
        return os.environ["KAFKA_ADMIN_USER"], os.environ["KAFKA_ADMIN_PASSWORD"]
    except KeyError as missing:
        raise NotGiven(f"KAFKA_BOOTSTRAP is set, {missing} is not") from None
