"""What an operator asks of Kafka: how far each listener is, and to read a topic again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.structs import TopicPartition

from deploy import kafka, supervisor, topology
from deploy.running import Platform


@dataclass(frozen=True)
class Reading:
    """How far one listener has read one topic."""

    topic: str
    listener: str
    events: int
    unread: int


@contextmanager
def administrator(platform: Platform) -> Iterator[KafkaAdminClient]:
    user, password = platform.kafka_admin
    client = kafka.admin(platform.deployment.kafka_bootstrap, password, user=user)
    try:
        yield client
    finally:
        client.close()


def readings(admin: KafkaAdminClient) -> list[Reading]:
    partitions = {
        service: [
            TopicPartition(topology.topic(service), number) for number in range(topology.PARTITIONS)
        ]
        for service in topology.SERVICES
    }
    every = [partition for several in partitions.values() for partition in several]
    ends = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST))
    return [
        _reading(admin, listener, publisher, {p: ends[p].offset for p in partitions[publisher]})
        for publisher in topology.SERVICES
        for listener, publishers in topology.LISTENS.items()
        if publisher in publishers
    ]


def _reading(
    admin: KafkaAdminClient, listener: str, publisher: str, ends: dict[TopicPartition, int]
) -> Reading:
    committed = admin.list_group_offsets([listener]).get(listener, {})
    unread = sum(
        end - (committed[partition].offset if partition in committed else 0)
        for partition, end in ends.items()
    )
    return Reading(topology.topic(publisher), listener, sum(ends.values()), unread)


def replay(platform: Platform, service: str) -> None:
    """Let a listener read all its topics from the first event again.

    What it has handled already has no second effect; what it lost (a database restored from
    yesterday's backup) is made up for.
    """
    program = f"{supervisor.SERVICES}:{service}-listener"
    supervisor.call(platform.run_dir, "stopProcess", program)
    try:
        with administrator(platform) as admin:
            _forget(admin, service)
    finally:
        supervisor.call(platform.run_dir, "startProcess", program)


def _forget(admin: KafkaAdminClient, group: str) -> None:
    # a static member counts as present until its session ends, and a group with members stays
    described = admin.describe_groups([group])[group]
    members = [
        MemberToRemove(member_id=member["member_id"], group_instance_id=member["group_instance_id"])
        for member in described["members"]
    ]
    if members:
        admin.remove_group_members(group, members)
    admin.delete_groups([group])
