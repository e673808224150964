"""Packets to fixed records: see decode."""
