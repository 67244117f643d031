"""The description of the API as a page for people: no script, and nothing from another host."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tuntas.api.description import JSON, PREFIX
from tuntas.api.invitations import api


def docs(request: HttpRequest) -> HttpResponse:
    """Every call of openapi.json, in its order."""
    found = api.get_openapi_schema()
    calls = [
        told(method, path, call)
        for path, methods in found["paths"].items()
        for method, call in methods.items()
    ]
    context = {"title": found["info"]["title"], "calls": calls, "prefix": PREFIX}
    return render(request, "api/docs.html", context)


def told(method: str, path: str, call: dict[str, Any]) -> dict[str, Any]:
    """What the page says of one call."""
    body = call.get("requestBody", {}).get("content", {}).get(JSON, {})
    return {
        "anchor": call["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": call["summary"],
        "description": call["description"],
        "needs_token": "security" in call,
        "parameters": [
            {
                "name": row["name"],
                "place": row["in"],
                "is_required": row["required"],
                "says": row["schema"].get("description", row.get("description", "")),
                "example": (row["schema"].get("examples") or [""])[0],
            }
            for row in call.get("parameters", [])
        ],
        "body": shown(body.get("example")),
        "answers": [
            {
                "status": status,
                "says": answer["description"],
                "example": shown(answer.get("content", {}).get(JSON, {}).get("example")),
            }
            for status, answer in call["responses"].items()
        ],
    }


def shown(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
