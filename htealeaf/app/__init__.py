"""The app: routes, what their functions return, and WSGI."""
