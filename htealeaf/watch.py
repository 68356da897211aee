"""Pages that follow what is committed to a database: `watch`, for SQLAlchemy."""

from htealeaf.state.watch import *  # noqa: F403
