"""Dependency tracking, rendering and patches. Pure."""
