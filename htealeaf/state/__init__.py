"""Stores, their journal, and what is derived from them."""
