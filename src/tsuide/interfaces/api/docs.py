"""`/docs`: the OpenAPI document as a page that needs nothing from elsewhere."""

from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
from fastapi import APIRouter
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)
_VERBS: Final = ("get", "post", "put", "patch", "delete")
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("tsuide.interfaces.api", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["marked"] = marked
    return environment.get_template("docs.html")


def marked(text: str) -> Markup:
    """Text with its `code` marked up as such.

    >>> marked("see `a < b`")
    Markup('see <code>a &lt; b</code>')
    """
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The page."""
    schema = request.app.openapi()
    html = _template().render(
        api=schema, base=str(request.base_url).rstrip("/"), operations=operations(schema), models=models(schema)
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/docs.css")
async def style() -> Response:
    """Its style."""
    css = resources.files("tsuide.interfaces.api").joinpath("templates/docs.css").read_bytes()
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation, ready to be shown.

    >>> shown = operations({"paths": {"/a": {"get": {"summary": "A", "responses": {"200": {"description": "ok"}}}}}})
    >>> shown[0]["method"], shown[0]["path"], shown[0]["anchor"]
    ('GET', '/a', 'get-a')
    """
    shown = []
    for path, item in schema["paths"].items():
        for verb in _VERBS:
            if verb not in item:
                continue
            operation = item[verb]
            shown.append(
                {
                    "method": verb.upper(),
                    "path": path,
                    "anchor": f"{verb}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
                    "summary": operation.get("summary", ""),
                    "text": operation.get("description", ""),
                    "secured": bool(operation.get("security")),
                    "parameters": [
                        {
                            "name": each["name"],
                            "in": each["in"],
                            "required": each.get("required", False),
                            "text": each.get("description", ""),
                            "shape": shape(each.get("schema", {})),
                        }
                        for each in operation.get("parameters", [])
                    ],
                    "body": _model_of(operation.get("requestBody", {})),
                    "responses": [
                        {"status": status, "text": answer.get("description", ""), "model": _model_of(answer)}
                        for status, answer in operation["responses"].items()
                    ],
                }
            )
    return shown


def models(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every schema with its fields, ready to be shown."""
    listed = schema.get("components", {}).get("schemas", {})
    return [
        {
            "name": name,
            "text": model.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "shape": shape(value),
                    "needed": field in model.get("required", []),
                    "text": value.get("description", ""),
                    "default": value.get("default"),
                }
                for field, value in model.get("properties", {}).items()
            ],
        }
        for name, model in sorted(listed.items())
    ]


def shape(value: dict[str, Any]) -> str:  # noqa: PLR0911 - one return per kind of schema
    """A schema in a few words.

    >>> shape({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]})
    'integer ≥ 0 or null'
    >>> shape({"type": "array", "items": {"$ref": "#/components/schemas/CartLineIn"}})
    'list of CartLineIn'
    """
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in value:
        return " or ".join(shape(each) for each in value["anyOf"])
    if "enum" in value:
        return " | ".join(str(each) for each in value["enum"])
    if "const" in value:
        return str(value["const"])
    kind = str(value.get("type", "any"))
    if kind == "array":
        return f"list of {shape(value.get('items', {}))}"
    if kind == "object" and isinstance(value.get("additionalProperties"), dict):
        return f"name → {shape(value['additionalProperties'])}"
    bounds = [f"≥ {value['minimum']}"] if "minimum" in value else []
    bounds += [f"≤ {value['maximum']}"] if "maximum" in value else []
    bounds += [f"{value.get('minLength', 0)} … {value['maxLength']} characters"] if "maxLength" in value else []
    return " ".join([kind, ", ".join(bounds)]).strip()


def _model_of(part: dict[str, Any]) -> str | None:
    for content in part.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref")
        if reference:
            return str(reference).rsplit("/", 1)[-1]
    return None
