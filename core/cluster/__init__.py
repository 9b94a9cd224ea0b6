"""Work on the nodes of a Ray cluster: what runs where, what comes back, what becomes of a node that dies."""
