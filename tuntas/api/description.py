"""openapi.json: what ninja knows of each call, with what it cannot know: examples and headers."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from tuntas.api.examples import ANSWERS, REQUESTS

PREFIX = "/api/v1"
JSON = "application/json"
WHY = {
    "400": "The body is not JSON.",
    "401": "No token that works.",
    "403": "The token does not open this.",
    "404": "It is not there, or not for this token.",
    "405": "Wrong method; see the header Allow.",
    "409": "It cannot be done as things stand; `code` says why.",
    "413": "The body is too large.",
    "422": "A field does not fit; see `fields`.",
    "429": "The share of the token is used up; see the header Retry-After.",
    "503": "The database does not answer; nothing was done.",
}
LIMITS = {
    "RateLimit-Policy": {
        "description": "calls at once and the seconds after which all of them fit again",
        "schema": {"type": "string"},
        "example": '"token";q=300;w=60',
    },
    "RateLimit": {
        "description": "calls left now, and seconds until all of them fit again",
        "schema": {"type": "string"},
        "example": '"token";r=299;t=1',
    },
}
RETRY = {
    "Retry-After": {
        "description": "seconds to wait",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "1",
    }
}


class Api(NinjaAPI):
    """The API with a description that is complete."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: Any = None
    ) -> OpenAPISchema:
        found = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path, calls in found["paths"].items():
            for method, call in calls.items():
                complete(call, method, path.removeprefix(PREFIX))
        return found


def complete(call: dict[str, Any], method: str, path: str) -> None:
    """Add to a call what each status means, its headers, and examples."""
    for code, response in call["responses"].items():
        status = str(code)
        response["description"] = WHY.get(status, response["description"])
        answer = ANSWERS.get((method, path, status))
        if answer is not None:
            response["content"][JSON]["example"] = answer
        if "security" in call and status not in ("401", "503"):
            response["headers"] = LIMITS | (RETRY if status == "429" else {})
    asked = REQUESTS.get((method, path))
    if asked is not None:
        call["requestBody"]["content"][JSON]["example"] = asked
