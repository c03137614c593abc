"""What only notifications is told: the provider, the mail server, who is on call."""

from shared.config import Settings as Common


class Settings(Common):
    sms_api_url: str
    sms_account_sid: str
    sms_auth_tokens: list[str]
    sms_from: str
    smtp_host: str
    smtp_port: int
    mail_from: str
    on_call_email: str
    center_hours: str = "9:00-17:00"

    @property
    def own_url(self) -> str:
        """Where people and the provider reach this service."""
        return self.public_urls["notifications"].rstrip("/")

    @property
    def on_call(self) -> list[str]:
        """Whom to page, in order: each later page reaches one person more (R3.9)."""
        return [part.strip() for part in self.on_call_email.split(",") if part.strip()]
