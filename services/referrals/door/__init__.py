"""Where partners come in: the token endpoint, the partner API and the one-time link."""
