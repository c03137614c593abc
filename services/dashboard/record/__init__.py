"""One client: their page in parts, their card, discharge and consents."""
