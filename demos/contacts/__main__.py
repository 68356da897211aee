"""Starts the demo: python -m demos.contacts."""

from demos.contacts import app
from demos.serve import serve

serve(app)
