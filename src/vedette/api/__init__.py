"""The HTTP API: `vedette serve`, a process of its own beside the agent, on the same data directory."""
