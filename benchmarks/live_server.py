"""What uvicorn serves for `live`."""

from benchmarks.live import counter_app
from htealeaf.asgi import ASGI

application = ASGI(counter_app())
