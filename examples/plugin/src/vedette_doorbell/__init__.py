"""Example plugin of Vedette."""
