"""What the platform consists of: the one description that deployment, tests and command line read.

Services, topics and who reads them, the users of Kafka and MongoDB with their rights, and the
processes with their commands, ports and start order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PARTITIONS = 12  # for ever: another count would split a client's history
TOPIC_CONFIGS = {"retention.ms": "-1", "cleanup.policy": "delete"}

LOOPBACK = "127.0.0.1"
SERVICES = ("intake", "aftercare", "referrals", "notifications", "dashboard")

# Listener → the services whose topics it reads.
LISTENS: dict[str, tuple[str, ...]] = {
    "intake": ("referrals",),
    "aftercare": ("intake", "referrals", "notifications"),
    "referrals": ("intake",),
    "notifications": ("intake", "aftercare", "referrals"),
    "dashboard": SERVICES,
}

PORTS = {
    "dashboard": 8100,
    "intake": 8101,
    "aftercare": 8102,
    "referrals": 8103,
    "notifications": 8104,
    "provider": 8110,
    "provider-smtp": 8125,
    "kafka": 9092,
    "kafka-controller": 9093,
    "mongodb": 27117,
}

Kind = Literal["web", "listener", "due", "relay", "provider"]

# How much each kind of MongoDB user may do with a collection.
Rights = tuple[str, ...]
ALL: Rights = ("find", "insert", "update", "remove", "changeStream")
APPEND: Rights = ("find", "insert", "changeStream")
READ: Rights = ("find",)

# Rows that nobody may rewrite; every other collection of a service is the service's own.
SERVICE_RIGHTS: dict[str, Rights] = {"journal": APPEND, "seals": READ}
RELAY_RIGHTS: dict[str, Rights] = {
    "journal": ("find", "update", "changeStream"),
    "seals": ("find", "insert"),
    "leases": ("find", "insert", "update"),
    "processes": ("find", "insert", "update"),
}


@dataclass(frozen=True)
class Process:
    name: str
    kind: Kind
    command: tuple[str, ...]
    service: str | None = None
    port: int | None = None
    """Present when it answers /readyz over HTTP; the others report in `processes`."""


def topic(service: str) -> str:
    return f"{service}.events"


def relay_user(service: str) -> str:
    """The second user of a service, whose password no other process gets."""
    return f"{service}-relay"


USERS = tuple(user for service in SERVICES for user in (service, relay_user(service)))


def _web(service: str, host: str, port: int) -> Process:
    command = (
        *("uvicorn", f"services.{service}.app:create", "--factory", "--no-server-header"),
        *("--host", host, "--port", str(port), "--no-access-log"),
        *("--timeout-graceful-shutdown", "5", "--ws", "none"),
    )
    return Process(f"{service}-web", "web", command, service, port)


def _listener(service: str) -> Process:
    command: tuple[str, ...]
    if service == "dashboard":
        command = ("python", "-m", "services.dashboard.projector")
    else:
        command = ("faust", "-A", f"services.{service}.worker", "worker", "--without-web")
    return Process(f"{service}-listener", "listener", command, service)


def processes(ports: Mapping[str, int] = PORTS, host: str = LOOPBACK) -> list[Process]:
    """Every process but Kafka and MongoDB, in start order; `host` is where the web ones listen."""
    provider = ("python", "-m", "deploy.provider")
    return [
        Process("provider", "provider", provider, port=ports["provider"]),
        *(_web(service, host, ports[service]) for service in SERVICES),
        *(
            Process(f"{service}-relay", "relay", ("python", "-m", "shared.relay"), service)
            for service in SERVICES
        ),
        *(_listener(service) for service in SERVICES),
        *(
            Process(f"{service}-due", "due", ("python", "-m", f"services.{service}.due"), service)
            for service in SERVICES
        ),
    ]
