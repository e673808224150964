"""Roles: what each may do. They are fixed; users have one each (/users)."""

from fastapi import APIRouter
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.model.account import ROLES, SCOPES, Role, Scope

router = APIRouter(prefix="/roles", tags=["users"])


class RoleShown(BaseModel):
    """`scopes`: what a user of it, or a key that such a user made, may do."""

    name: Role
    scopes: list[Scope]


@router.get("")
def list_roles(_who: Viewer) -> list[RoleShown]:
    """From the least to the most."""
    return [RoleShown(name=role, scopes=sorted(SCOPES[role])) for role in ROLES]
