"""What each process is told: its own secrets and nobody else's."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy import topology
from deploy.keys import Keys
from deploy.topology import Process

# May be given from outside for a sender of one's own; the defaults are the local stand-in.
CHOICES = {
    "CENTER_NAME": "Riverbend Center",
    "CENTER_PHONE": "410-555-0134",
    "CENTER_ZONE": "America/New_York",
    "SITES": '{"site_main": "Riverbend, main house"}',
    "SMS_FROM": "+14105550100",
    "MAIL_FROM": "no-reply@riverbend.example",
    "ON_CALL_EMAIL": "on-call@riverbend.example",
}


@dataclass(frozen=True)
class Deployment:
    """One running platform: where its parts answer, and its secrets."""

    run_dir: Path
    keys: Keys
    kafka_bootstrap: str
    mongo_url: Callable[[str], str]
    """User → the address with which that user connects."""
    ports: Mapping[str, int]
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Where a part is, if not on this machine."""

    def host(self, name: str) -> str:
        return self.hosts.get(name, topology.LOOPBACK)

    def url(self, name: str) -> str:
        return f"http://{self.host(name)}:{self.ports[name]}"


def of(process: Process, deployment: Deployment) -> dict[str, str]:
    """The whole environment of one process, on top of PATH and the like."""
    service = process.service
    if service is None:
        return _provider(deployment)
    parts = [_everyone(process, service, deployment)]
    if process.kind == "relay":
        parts.append(_relay(service, deployment))
    else:
        parts += [_own_keys(service, deployment), _service(service, process, deployment)]
    return {name: value for part in parts for name, value in part.items()}


def _everyone(process: Process, service: str, deployment: Deployment) -> dict[str, str]:
    urls = {name: deployment.url(name) for name in topology.SERVICES}
    return {
        "SERVICE": service,
        "PROCESS": process.name,
        "MONGO_DATABASE": service,
        "KAFKA_BOOTSTRAP": deployment.kafka_bootstrap,
        "PUBLIC_KEYS": json.dumps(dict(deployment.keys.public)),
        "PUBLIC_URLS": os.environ.get("PUBLIC_URLS", json.dumps(urls)),
        "RUN_DIR": str(deployment.run_dir),
        **{f"{name.upper()}_URL": url for name, url in urls.items()},
        **{name: os.environ.get(name, default) for name, default in CHOICES.items()},
    }


def _own_keys(service: str, deployment: Deployment) -> dict[str, str]:
    keys = deployment.keys
    # notifications puts the owners' one-time links into messages; an owner only makes its own
    links = keys.link if service == "notifications" else {service: keys.link[service]}
    return {
        "SIGNING_KEY": keys.signing[service],
        "WRAP_KEY": keys.wrap[service],
        "DIGEST_KEY": keys.digest[service],
        "LINK_KEYS": json.dumps(dict(links)),
    }


def _relay(service: str, deployment: Deployment) -> dict[str, str]:
    user = topology.relay_user(service)
    return {"MONGO_URL": deployment.mongo_url(user), **_kafka(user, deployment)}


def _service(service: str, process: Process, deployment: Deployment) -> dict[str, str]:
    made = {"MONGO_URL": deployment.mongo_url(service)}
    if process.kind == "listener":
        made |= _kafka(service, deployment)
    if service == "intake":
        made["MASTER_KEYS"] = json.dumps(dict(deployment.keys.master))
    if service in {"notifications", "referrals"}:
        made |= _mail(deployment)
    if service == "notifications":
        made |= _sms(deployment)
    if service == "referrals":
        made["WEBHOOK_ALLOW_LOOPBACK"] = os.environ.get("WEBHOOK_ALLOW_LOOPBACK", "1")
    return made


def _kafka(user: str, deployment: Deployment) -> dict[str, str]:
    return {"KAFKA_USER": user, "KAFKA_PASSWORD": deployment.keys.kafka[user]}


def _mail(deployment: Deployment) -> dict[str, str]:
    return {
        "SMTP_HOST": os.environ.get("SMTP_HOST", deployment.host("provider")),
        "SMTP_PORT": os.environ.get("SMTP_PORT", str(deployment.ports["provider-smtp"])),
    }


def _sms(deployment: Deployment) -> dict[str, str]:
    tokens = json.dumps(deployment.keys.sms_tokens)
    return {
        "SMS_API_URL": os.environ.get("SMS_API_URL", deployment.url("provider")),
        "SMS_ACCOUNT_SID": os.environ.get("SMS_ACCOUNT_SID", deployment.keys.sms_account),
        "SMS_AUTH_TOKENS": os.environ.get("SMS_AUTH_TOKENS", tokens),
    }


def _provider(deployment: Deployment) -> dict[str, str]:
    return {
        **_sms(deployment),
        "SMS_FROM": CHOICES["SMS_FROM"],
        "PROVIDER_PORT": str(deployment.ports["provider"]),
        "PROVIDER_SMTP_PORT": str(deployment.ports["provider-smtp"]),
        "NOTIFICATIONS_URL": deployment.url("notifications"),
        "RUN_DIR": str(deployment.run_dir),
    }
