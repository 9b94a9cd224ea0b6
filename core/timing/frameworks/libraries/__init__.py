"""One file a framework, under its name; core/timing/frameworks/registry.py finds them by themselves."""
