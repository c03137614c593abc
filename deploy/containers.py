"""Secrets for containers: `python -m deploy.containers` writes them under .run/containers.

One file per process with what that process is told and nothing else (mode 600), the settings of
Kafka and MongoDB, and the same as Kubernetes secrets. The secrets are those of `.run`, made at
the first call. `compose` and `kubernetes` write what is not secret.
"""

import json
import os
from pathlib import Path

from deploy import environment, kafka, keys, kubernetes, mongodb, running, topology
from deploy.compose import ANYWHERE
from deploy.environment import Deployment
from deploy.keys import Keys, write_private

HOSTS = {
    **{service: f"{service}-web" for service in topology.SERVICES},
    "provider": "provider",
    "provider-smtp": "provider",
}
KAFKA = "kafka:9092"
MONGODB = "mongodb:27017"


def deployment(secrets: Keys) -> Deployment:
    admin = admin_url(secrets)
    return Deployment(
        run_dir=Path("/run/throughline"),
        keys=secrets,
        kafka_bootstrap=KAFKA,
        mongo_url=lambda user: mongodb.as_user(admin, user, secrets.mongo[user]),
        ports=topology.PORTS,
        hosts=HOSTS,
    )


def admin_url(secrets: Keys) -> str:
    password = secrets.mongo["admin"]
    options = f"authSource=admin&replicaSet={mongodb.REPLICA_SET}"
    return f"mongodb://admin:{password}@{MONGODB}/admin?{options}"


def _public_urls() -> dict[str, str]:
    """As people on this machine see them; the provider calls back inside the network."""
    here = {name: f"http://127.0.0.1:{topology.PORTS[name]}" for name in topology.SERVICES}
    inside = f"http://{HOSTS['notifications']}:{topology.PORTS['notifications']}"
    return {**here, "notifications": inside}


def told(secrets: Keys) -> dict[str, dict[str, str]]:
    """Process name → its environment."""
    where = deployment(secrets)
    every = {
        process.name: environment.of(process, where)
        for process in topology.processes(where.ports, host=ANYWHERE)
    }
    for values in every.values():
        values["PUBLIC_URLS"] = os.environ.get("PUBLIC_URLS", json.dumps(_public_urls()))
    every["provider"]["PROVIDER_HOST"] = ANYWHERE
    every["prepare"] = {
        "MONGO_MEMBER": MONGODB,
        "MONGO_URL": admin_url(secrets),
        "MONGO_PASSWORDS": json.dumps(dict(secrets.mongo)),
        "KAFKA_BOOTSTRAP": KAFKA,
        "KAFKA_USER": "admin",
        "KAFKA_PASSWORD": secrets.kafka["admin"],
        "KAFKA_PASSWORDS": json.dumps(dict(secrets.kafka)),
    }
    every["mongodb"] = {
        "MONGO_INITDB_ROOT_USERNAME": "admin",
        "MONGO_INITDB_ROOT_PASSWORD": secrets.mongo["admin"],
    }
    every["kafka"] = {
        "CLUSTER_ID": secrets.kafka_cluster,
        "ADMIN_PASSWORD": secrets.kafka["admin"],
    }
    return every


def write(folder: Path) -> None:
    secrets = keys.load(folder)
    target = folder / "containers"
    every = told(secrets)
    for name, values in every.items():
        lines = [f"{key}='{value}'" for key, value in values.items()]
        write_private(target / f"{name}.env", "\n".join(lines) + "\n")
    write_private(target / "kafka.properties", kafka_properties(secrets))
    write_private(target / "mongodb.key", secrets.mongo_keyfile)
    manifests = [
        kubernetes.secret(name, values)
        for name, values in every.items()
        if name not in {"kafka", "mongodb"}
    ]
    listing = {"apiVersion": "v1", "kind": "List", "items": manifests}
    write_private(target / "secrets.json", json.dumps(listing, indent=1))


def kafka_properties(secrets: Keys) -> str:
    return kafka.CONFIG.format(
        port=9092,
        controller_port=9093,
        bind=ANYWHERE,
        host="kafka",
        data="/var/lib/kafka/data",
        admin=secrets.kafka["admin"],
        controller=secrets.kafka["controller"],
    )


if __name__ == "__main__":
    write(running.run_dir())
