"""Polite, safe HTTP: the only way in which Detente speaks to addresses that others wrote."""

from connectors.net.client import HttpClient
from connectors.net.failures import OversizeError, RefusedError
from connectors.net.response import Response, retry_after

__all__ = ["HttpClient", "OversizeError", "RefusedError", "Response", "retry_after"]
