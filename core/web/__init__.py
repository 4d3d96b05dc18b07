"""HTTP: forms, pages or pieces of them, routes, sessions, the API."""
