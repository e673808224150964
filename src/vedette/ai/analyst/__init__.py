"""What logs come to, in words, without a model. Pure."""

from vedette.ai.analyst.analyst import analyse

__all__ = ["analyse"]
