"""Reads the timeline; writes nothing."""
