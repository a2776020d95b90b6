"""What every test may rely on."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command under test points the logs at its own stderr, which is closed when the test is over."""
    yield
    structlog.reset_defaults()
