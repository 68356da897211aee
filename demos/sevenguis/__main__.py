"""Starts the demo: python -m demos.sevenguis."""

from demos.serve import serve
from demos.sevenguis import app

serve(app)
