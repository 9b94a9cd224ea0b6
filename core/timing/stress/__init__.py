"""Sustained load: does a machine keep its speed and its results when it works for minutes?"""
