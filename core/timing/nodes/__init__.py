"""The same timing on every node of a cluster: one merged result, and which node is the slow one."""
