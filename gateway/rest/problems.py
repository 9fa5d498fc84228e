"""Failures as front ends read them: problem details (RFC 9457) with a stable reason and the field that is wrong."""

from __future__ import annotations

import errno
import logging
from http import HTTPStatus
from typing import Any

import grpc
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from fancam.errors import FancamError, StoreFull
from gateway.uploads import SELFIE, TAKE, TooLarge, WrongType

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 422,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}


class Closed(FancamError):  # noqa: N818  named for what the caller reads
    """The key is missing or opens something else."""

    code = grpc.StatusCode.UNAUTHENTICATED
    default_reason = "KEY_WRONG"


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    field: str = Field(description="Which one, for example `name` or `selfie`.")
    detail: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(
        description="`urn:fancam:problem:` and the reason.", examples=["urn:fancam:problem:NAME_TOO_LONG"]
    )
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="One sentence for people, naming the value that was wrong.")
    reason: str = Field(description="Stable code for programs, UPPER_SNAKE_CASE.")
    errors: list[FieldProblem] = Field(default_factory=list, description="What is wrong per field.")


def problem(status: int, reason: str, detail: str, fields: dict[str, str] | None = None) -> Problem:
    """Problem details for a failure."""
    return Problem(
        type=f"urn:fancam:problem:{reason}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        reason=reason,
        errors=[FieldProblem(field=field, detail=text) for field, text in (fields or {}).items()],
    )


def status_of(error: FancamError) -> int:
    """The HTTP status that stands for a failure."""
    for kind, status in ((TooLarge, 413), (WrongType, 415), (StoreFull, 507)):
        if isinstance(error, kind):
            return status
    return _STATUS.get(error.code, 500)


def answer(made: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Problem details as a response."""
    return JSONResponse(made.model_dump(), made.status, headers, MEDIA_TYPE)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FancamError)
    if error.reason == "SESSION_UNKNOWN" and getattr(request.state, "was_there", False):
        return answer(problem(410, "SESSION_GONE", "this session was deleted, as asked or when its time was over"))
    headers = {}
    if error.retry_after_s > 0:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if isinstance(error, Closed):
        headers["WWW-Authenticate"] = "Bearer"
    status = status_of(error)
    detail = str(error) if status != 500 else "this is our fault; it is being looked at"
    return answer(problem(status, error.reason, detail, error.fields), headers)


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = {_path(each): _message(each) for each in error.errors()}
    first = next(iter(fields.items()), ("body", "cannot be read"))
    return answer(problem(422, "INVALID_REQUEST", f"{first[0]}: {first[1]}", fields))


def refusal(error: HTTPException) -> JSONResponse:
    """The answer to a request that the framework refuses."""
    reason = getattr(error, "reason", HTTPStatus(error.status_code).name)
    fields = getattr(error, "fields", {})
    return answer(problem(error.status_code, reason, str(error.detail), fields), dict(error.headers or {}))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a form or a nest of JSON that the framework cannot read
        kind = request.url.path.rsplit("/", 1)[-1]
        detail = str(error.detail)
        return answer(
            problem(422, "INVALID_REQUEST", detail, {kind if kind in {SELFIE.field, TAKE.field} else "body": detail})
        )
    if type(error.detail) is str and error.detail == HTTPStatus(error.status_code).phrase:
        error.detail = f"{request.method} {request.url.path}: {error.detail.lower()}"
    return refusal(error)


async def _full(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OSError)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return answer(problem(507, StoreFull.default_reason, "there is no room left; please come back later"))
    log.exception("an upload could not be written", exc_info=error)
    return answer(problem(500, "INTERNAL", "this is our fault; it is being looked at"))


async def _database(_: Request, error: Exception) -> JSONResponse:
    log.exception("the database does not answer", exc_info=error)
    return answer(problem(503, "NOT_READY", "please come back in a moment"), {"Retry-After": "2"})


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    del error  # logged by the server; its text may name things that are not for strangers
    return answer(problem(500, "INTERNAL", "this is our fault; it is being looked at"))


def _path(fault: dict[str, Any]) -> str:
    if fault["type"] == "json_invalid":  # its location is an offset
        return "body"
    parts = [str(part) for part in fault["loc"] if part not in {"body", "query", "path", "header"}]
    return ".".join(parts) or "body"


def _message(fault: dict[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return f"is no JSON: {fault.get('ctx', {}).get('error', 'cannot be read')} at character {fault['loc'][-1]}"
    if fault["type"] == "model_attributes_type":
        return "must be a JSON object, sent with Content-Type: application/json"
    return str(fault["msg"])


def install(app: FastAPI) -> None:
    """Answer every failure of the app with problem details."""
    app.add_exception_handler(FancamError, _failed)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OSError, _full)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(Exception, _unexpected)


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Problem details: the reason says what to change.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "5XX": {
        "description": "Problem details: not the caller's fault; try again.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}
"""Documented for every operation."""
