"""Signing in: the routes that a provider's answer comes to, the cookie, and what pages say of it."""
