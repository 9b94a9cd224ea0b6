"""All statements together: their registry, the job that tests one, lessons, and the report."""
