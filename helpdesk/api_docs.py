"""The API's documentation page, made of its schema: themed, readable without a script, and never out of date."""

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "patch", "put", "delete")


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema names our tokens; registered by being defined."""

    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The OpenAPI document; the routes do not change while we run."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def resolve(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed; the first of several shapes, which is the fullest."""
    while "$ref" in node:
        node = document["components"]["schemas"][node["$ref"].rpartition("/")[2]]
    for several in ("allOf", "oneOf", "anyOf"):
        if several in node:
            return resolve(next((part for part in node[several] if part), {}), document)
    return node


def type_of(node: dict[str, Any], document: dict[str, Any]) -> str:
    """A type in words: "string (email)", "list of string", "one of a, b"."""
    node = resolve(node, document)
    if "enum" in node:
        return "one of " + ", ".join(str(value) for value in node["enum"] if value not in ("", None))
    if node.get("type") == "array":
        return f"list of {type_of(node.get('items', {}), document)}"
    return f"{node.get('type', 'any')} ({node['format']})" if "format" in node else str(node.get("type", "any"))


def fields(node: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of an object: name, type, whether required, what it means."""
    node = resolve(node, document)
    required = node.get("required", [])
    return [
        {
            "name": name,
            "type": type_of(part, document),
            "required": name in required,
            "about": part.get("description", ""),
            "inner": inner(part, document),
        }
        for name, part in node.get("properties", {}).items()
    ]


def inner(node: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """The names within an object, or within the objects of a list."""
    node = resolve(node, document)
    node = resolve(node.get("items", {}), document) if node.get("type") == "array" else node
    return list(node.get("properties", {}))


def example(node: dict[str, Any], document: dict[str, Any]) -> str:
    """A small body with the required members."""
    samples = {"string (email)": "you@example.com", "string": "…", "integer": 1, "boolean": True}
    body = {
        field["name"]: field["type"][7:].split(", ")[0] if field["type"].startswith("one of ") else
        samples.get(field["type"], "…")
        for field in fields(node, document)
        if field["required"]
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False)


def operation(method: str, path: str, said: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = []
    for status, answer in sorted(said.get("responses", {}).items()):
        shape = answer.get("content", {}).get("application/json", {}).get("schema")
        answers.append({"status": status, "fields": fields(shape, document) if shape else []})
    parameters = [
        {"name": p["name"], "in": p["in"], "type": type_of(p["schema"], document), "about": p.get("description", "")}
        for p in said.get("parameters", [])
    ]
    return {
        "id": said["operationId"], "method": method.upper(), "path": path, "about": said.get("description", ""),
        "parameters": parameters, "body": fields(body, document) if body else [],
        "example": example(body, document) if body else "", "answers": answers,
    }  # fmt: skip


@lru_cache(maxsize=1)
def groups() -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by their first word of the path, in the schema's order."""
    document, found = schema(), {}  # type: dict[str, Any], dict[str, list[dict[str, Any]]]
    for path, methods in document["paths"].items():
        name = path.removeprefix("/api/v1/").split("/")[0].capitalize()
        made = [operation(m, path, methods[m], document) for m in METHODS if m in methods]
        found.setdefault(name, []).extend(made)
    return list(found.items())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/docs"""
    return render(request, "helpdesk/api/docs.html", {"groups": groups(), "info": schema()["info"]})
