"""Reports about an incident or a span of time: what they say is composed once, and written as HTML, PDF, CSV or JSON."""
