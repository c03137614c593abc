"""The registry: who is a client, their contact card, their discharge, their erasure."""
