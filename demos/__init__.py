"""Small apps, one idea each. `python -m demos` serves them all, `python -m demos.counter` one."""
