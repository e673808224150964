"""Enforcement: what the policy decided, in the kernel. A thin shell: it does, and decides nothing.

Runs in the small privileged process, so nothing here imports more than the standard library and the values of
vedette.model.action.
"""
