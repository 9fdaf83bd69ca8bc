"""Faults on purpose: a desk under load whose workers and Valkey are killed at random, and the reckoning afterwards."""
