"""What the HTTP client refuses by itself. Everything else it raises is an UnreachableError or TransientError."""

from __future__ import annotations

from schemas.errors import QuarantinedError


class RefusedError(QuarantinedError):
    """The address may not be visited.

    Codes: `bad_url`, `scheme_refused`, `userinfo_refused`, `address_refused`, `odd_address`, `too_many_redirects`.
    """

    def __init__(self, message: str, code: str = "address_refused") -> None:
        super().__init__(message, code)


class OversizeError(QuarantinedError):
    """The answer is larger than the limit. Codes: `too_large`, `decompression_bomb`."""

    def __init__(self, message: str, code: str = "too_large") -> None:
        super().__init__(message, code)
