"""Vedette: one security monitoring agent."""

__version__ = "0.1.0"
