"""For gunicorn with threads: `gunicorn --worker-class htealeaf.gunicorn.Worker module:app`."""

from htealeaf.app.gunicorn_worker import Worker

__all__ = ["Worker"]
