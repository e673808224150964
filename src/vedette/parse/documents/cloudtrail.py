r"""AWS CloudTrail records, bare or as EventBridge's detail.

    {"eventVersion":"1.08","userIdentity":{...},"eventTime":"...","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin",...}

Source: AWS CloudTrail "record contents". Sigma: product aws, service cloudtrail, native names.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context
from vedette.parse.native_columns import each, either

ORDER: Final = 112
SPLIT: Final = (("userIdentity", "type"), ("detail", "userIdentity", "type"))
LOGSOURCE: Final = Logsource(product="aws", service="cloudtrail")
NAMES: Final = {
    "eventTime": "@timestamp", "sourceIPAddress": "source.address", "userAgent": "user_agent.original", "awsRegion": "cloud.region",
    "userIdentity.userName": "user.name", "userIdentity.sessionContext.sessionIssuer.userName": "user.name",
    "userIdentity.invokedBy": "user.name",
    "userIdentity.arn": "user.name", "userIdentity.principalId": "user.id", "recipientAccountId": "cloud.account.id",
    "userIdentity.accountId": "cloud.account.id", "errorMessage": "event.reason", "eventID": "event.code", "errorCode": "event.reason",
    "requestParameters.userName": "user.target.name", "requestParameters.groupName": "group.name",
}  # fmt: skip
_IAM: Final = {
    "CreateUser": "user-added", "DeleteUser": "user-deleted", "CreateGroup": "group-added", "DeleteGroup": "group-deleted",
    "AddUserToGroup": "group-member-added", "RemoveUserFromGroup": "group-member-removed", "ChangePassword": "password-changed",
    "UpdateLoginProfile": "password-changed", "CreateLoginProfile": "password-changed",
}  # fmt: skip
_LOGINS: Final = ("ConsoleLogin", "CredentialVerification", "UserAuthentication")
_STORED: Final = ("iam.amazonaws.com", "sts.amazonaws.com", "sso.amazonaws.com", "identitystore.amazonaws.com")


def claims(keys: Set[str]) -> bool:
    """A service and an operation of it."""
    return {"eventSource", "eventName"} <= keys or {"detail", "detail-type"} <= keys


def _action(name: Any) -> str:
    return _IAM.get(str(name)) or native.action(str(name))


def _category(source: Any) -> str:
    return "iam" if source in _STORED else "configuration"


def _outcome(code: Any, message: Any) -> str:
    return "failure" if code or message else "success"


def _login(name: Any, said: Any, detail: Any, outcome: str) -> str | None:
    """How a login ended; None when it is none."""
    if name not in _LOGINS and not said:
        return None
    return "failure" if str(said or detail or outcome).lower().startswith("fail") else "success"


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    detail = document.get("detail")
    if "eventName" not in document and detail.__class__ is dict and "eventName" in detail:
        document = detail
    event = native.flatten(document)
    if event.get("userIdentity.type") == "Root":
        event["user.name"] = "root"
    native.fill(event, NAMES)
    event["@timestamp"] = either(event.get("@timestamp"), document.get("@timestamp"))
    name = document.get("eventName", document.get("detail-type", ""))
    event |= {
        "cloud.provider": "aws", "event.action": each(_action, name),
        "event.category": each(_category, document.get("eventSource")),
        "event.outcome": each(_outcome, document.get("errorCode"), document.get("errorMessage")),
    }  # fmt: skip
    said, how = event.get("responseElements.ConsoleLogin"), event.get("serviceEventDetails.UserAuthentication")
    logged_in = each(_login, name, said, how, event["event.outcome"])
    if logged_in is not None:
        for field, value in native.login(None, "aws", "cloud").items():
            event[field] = either(each({"success": value, "failure": value}.get, logged_in), event.get(field))
        event["event.outcome"] = either(logged_in, event["event.outcome"])
    return LOGSOURCE, event
