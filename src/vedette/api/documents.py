"""Alerts, incidents and actions as the API shows them: exactly as they are kept, and so described in OpenAPI."""

from typing import Annotated, Any

import msgspec
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from vedette.model.action import Action, Allowed
from vedette.model.advice import Suggestion
from vedette.model.alert import Alert
from vedette.model.analysis import Analysis
from vedette.model.incident import Change, Incident
from vedette.model.pattern import Patterns
from vedette.model.triage import Counted, Triaged


class _Document:
    """Lets pydantic, and so FastAPI, show a msgspec struct; its schema is inline, since it holds no cycle."""

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(msgspec.to_builtins)
        return core_schema.is_instance_schema(self._kind, serialization=shown)

    def __get_pydantic_json_schema__(self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        (whole,), parts = msgspec.json.schema_components([self._kind], ref_template="{name}")
        inlined: dict[str, Any] = _inline(whole, parts)
        return inlined


def _inline(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(parts[schema["$ref"]], parts)
    # A default is for who writes; here everything is always there.
    inlined = {key: _inline(value, parts) for key, value in schema.items() if key != "default"}
    if "prefixItems" in inlined:
        # Pairs of one type: not every reader of OpenAPI knows prefixItems.
        first, *rest = inlined.pop("prefixItems")
        inlined["items"] = first if all(each == first for each in rest) else {"anyOf": [first, *rest]}
    return inlined


AnalysisShown = Annotated[Analysis, _Document(Analysis)]
PatternsShown = Annotated[Patterns, _Document(Patterns)]
AlertShown = Annotated[Alert, _Document(Alert)]
TriagedShown = Annotated[Triaged, _Document(Triaged)]
IncidentShown = Annotated[Incident, _Document(Incident)]
ChangeShown = Annotated[Change, _Document(Change)]
CountedShown = Annotated[Counted, _Document(Counted)]
ActionShown = Annotated[Action, _Document(Action)]
AllowedShown = Annotated[Allowed, _Document(Allowed)]
SuggestionShown = Annotated[Suggestion, _Document(Suggestion)]
