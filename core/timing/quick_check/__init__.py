"""Is this machine as fast as it should be? What decides that, measured and rated, in a minute."""
