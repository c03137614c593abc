"""Makes Kafka's users, topics and access rules what `topology` says; may run again at any time.

On its own (`python -m deploy.topics`) it reads KAFKA_BOOTSTRAP and the administrator's
KAFKA_USER and KAFKA_PASSWORD, the passwords of all users as JSON in KAFKA_PASSWORDS, and
KAFKA_REPLICATION_FACTOR and KAFKA_MIN_INSYNC_REPLICAS.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)

from deploy import kafka, topology

CLUSTER = "kafka-cluster"
SETTLE_SECONDS = 15


class TopicDiffers(Exception):
    """A topic is there with other partitions or settings than declared; nobody changes it."""


def prepare(
    admin: KafkaAdminClient,
    passwords: Mapping[str, str],
    *,
    replication_factor: int = 1,
    min_insync_replicas: int = 1,
) -> None:
    configs = {**topology.TOPIC_CONFIGS, "min.insync.replicas": str(min_insync_replicas)}
    _make_users(admin, passwords)
    _make_topics(admin, replication_factor, configs)
    _make_rules(admin)


def _make_users(admin: KafkaAdminClient, passwords: Mapping[str, str]) -> None:
    wanted = [
        UserScramCredentialUpsertion(user, "SCRAM-SHA-256", passwords[user])
        for user in topology.USERS
    ]
    failed = {user for user, error in admin.alter_user_scram_credentials(wanted).items() if error}
    if failed:
        raise PermissionError(f"Kafka refused to make the users {sorted(failed)}")


def _make_topics(
    admin: KafkaAdminClient, replication_factor: int, configs: Mapping[str, str]
) -> None:
    names = [topology.topic(service) for service in topology.SERVICES]
    there = set(admin.list_topics())
    new = {
        name: {
            "num_partitions": topology.PARTITIONS,
            "replication_factor": replication_factor,
            "configs": dict(configs),
        }
        for name in names
        if name not in there
    }
    if new:
        admin.create_topics(new, wait_for_metadata=True)
    _assert_topics(admin, names, configs)


def _assert_topics(admin: KafkaAdminClient, names: list[str], configs: Mapping[str, str]) -> None:
    for described in admin.describe_topics(names):
        partitions = len(described["partitions"])
        if partitions != topology.PARTITIONS:
            raise TopicDiffers(
                f"{described['name']} has {partitions} partitions, not {topology.PARTITIONS}"
            )
    resources = [ConfigResource("topic", name) for name in names]
    found: dict[str, Any] = admin.describe_configs(resources, config_filter="all")["topic"]
    for name in names:
        for key, value in configs.items():
            actual = str(found[name][key]["value"])
            if actual != value:
                raise TopicDiffers(f"{name} has {key}={actual}, not {value}")


def _allow(user: str, operation: ACLOperation, kind: ResourceType, name: str) -> ACL:
    pattern = ResourcePattern(kind, name, ACLResourcePatternType.LITERAL)
    if kind == ResourceType.GROUP:
        pattern = ResourcePattern(kind, name, ACLResourcePatternType.PREFIXED)
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)


def rules() -> list[ACL]:
    """A service reads what it listens to; its relay alone writes its topic."""
    made = []
    for service in topology.SERVICES:
        for publisher in topology.LISTENS[service]:
            topic = topology.topic(publisher)
            made.append(_allow(service, ACLOperation.READ, ResourceType.TOPIC, topic))
        made.append(_allow(service, ACLOperation.READ, ResourceType.GROUP, service))
        relay, own = topology.relay_user(service), topology.topic(service)
        made.append(_allow(relay, ACLOperation.WRITE, ResourceType.TOPIC, own))
        made.append(_allow(relay, ACLOperation.IDEMPOTENT_WRITE, ResourceType.CLUSTER, CLUSTER))
    return made


def _present(admin: KafkaAdminClient) -> list[ACL]:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    found: list[ACL] = admin.describe_acls(
        ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
    )[0]
    return found


def _make_rules(admin: KafkaAdminClient) -> None:
    """Add what is declared, take away what is not, and wait until the broker goes by it."""
    present = _present(admin)
    wanted = rules()
    missing = [rule for rule in wanted if rule not in present]
    refused = admin.create_acls(missing)["failed"] if missing else []
    if refused:
        raise PermissionError(f"Kafka refused access rules: {refused}")
    ours = {f"User:{user}" for user in topology.USERS}
    extra = [rule for rule in present if rule.principal in ours and rule not in wanted]
    if extra:
        admin.delete_acls(extra)
    ends = time.monotonic() + SETTLE_SECONDS
    while any(rule not in _present(admin) for rule in missing):
        if time.monotonic() > ends:
            raise PermissionError("Kafka took the access rules but does not go by them")
        time.sleep(0.05)


def main() -> None:
    env = os.environ
    admin = kafka.admin(
        env["KAFKA_BOOTSTRAP"], env["KAFKA_PASSWORD"], user=env.get("KAFKA_USER", "admin")
    )
    prepare(
        admin,
        json.loads(env["KAFKA_PASSWORDS"]),
        replication_factor=int(env.get("KAFKA_REPLICATION_FACTOR", "1")),
        min_insync_replicas=int(env.get("KAFKA_MIN_INSYNC_REPLICAS", "1")),
    )


if __name__ == "__main__":
    main()
