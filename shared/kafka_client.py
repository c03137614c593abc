"""How a process proves to Kafka who it is: SCRAM everywhere, TLS outside one machine."""

from typing import Any

from shared.config import Process

MECHANISM = "SCRAM-SHA-256"


def security(settings: Process) -> dict[str, Any]:
    """Connection arguments that kafka-python and aiokafka both understand."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": "SASL_SSL" if settings.kafka_tls else "SASL_PLAINTEXT",
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password,
    }
