"""One file a kind of learning, behind one protocol."""
