"""Open pages: drawn, remembered, brought up to date, explained."""
