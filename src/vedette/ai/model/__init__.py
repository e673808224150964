"""A language model's second opinion: what it is given, how its answer is checked, and what is left of it.

Log content is the attacker's. Whatever a model answers, it can only annotate and raise a level by one step; it has no tools,
its next steps are chosen from ours, and its prose is stripped of whatever the evidence does not hold.
"""
