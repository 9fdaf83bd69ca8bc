"""Errors of the API as RFC 9457 problem documents that name the field."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, NotAuthenticated, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from tickets.errors import Refused


def problem(status: int, title: str, *, detail: str = "", errors: list[dict[str, str]] | None = None) -> Response:
    """One problem document. `errors` = [{"field", "message"}]."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type="application/problem+json")


def flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested error detail as a flat list of field and message."""
    if isinstance(detail, dict):
        return [e for key, value in detail.items() for e in flatten(value, f"{path}.{key}" if path else str(key))]
    if isinstance(detail, list):
        nested = any(isinstance(value, (dict, list)) for value in detail)
        return [e for i, value in enumerate(detail) for e in flatten(value, f"{path}[{i}]" if nested else path)]
    return [{"field": "" if path == "non_field_errors" else path, "message": str(detail)}]


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: whatever a stranger sends gets a reason, never a 5xx."""
    if isinstance(error, Refused):
        errors = [{"field": error.field, "message": error.message}] if error.field else None
        return problem(409 if error.field is None else 422, error.message, errors=errors)
    if isinstance(error, ValidationError):
        return problem(400, "The request is not valid.", errors=flatten(error.detail))
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, PermissionDenied):
        error = NotAuthenticated()
    response = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        return response
    made = problem(response.status_code, str(error.default_detail), detail=str(error.detail))
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in response:
            made[name] = response[name]
    return made
