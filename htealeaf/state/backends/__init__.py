"""Journals: one module for each place that entries can be kept in."""
