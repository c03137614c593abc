from pathlib import Path

from shared.config import FromEnvironment


class Settings(FromEnvironment):
    sms_account_sid: str
    sms_auth_tokens: list[str]
    run_dir: Path
    notifications_url: str = "http://127.0.0.1:8104"
    inbound_url: str = ""
    provider_host: str = "127.0.0.1"
    provider_port: int = 8110
    provider_smtp_port: int = 8125
    provider_callback_delay: float = 0.2

    @property
    def inbound(self) -> str:
        return self.inbound_url or f"{self.notifications_url}/webhooks/sms/inbound"

    @property
    def file(self) -> Path:
        return self.run_dir / "provider.jsonl"
