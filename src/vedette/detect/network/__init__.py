"""Attacks that packets show: see watch."""
