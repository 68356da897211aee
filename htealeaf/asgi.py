"""For an ASGI server, such as uvicorn, hypercorn or granian: `application = ASGI(app)`."""

from htealeaf.app.asgi import ASGI

__all__ = ["ASGI"]
