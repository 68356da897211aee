"""The fixtures of `htealeaf.testing` for its own tests, whether it is installed or not."""

from htealeaf.testing.plugin import (  # noqa: F401 - fixtures are found by name
    client,
    fresh_stores,
    html_snapshot,
)
