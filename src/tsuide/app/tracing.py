"""OpenTelemetry spans (extra ``otel``): one for a request, one for its decision, one for its commit.

Off, which is how a server starts, a span costs one comparison.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from tsuide import __version__
from tsuide.errors import MissingExtra

_NOTHING: Final = nullcontext()
_tracer: Any = None  # opentelemetry.trace.Tracer, where tracing is on


def on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def span(name: str, **attributes: str | float | bool) -> AbstractContextManager[Any]:
    """A span around the block, child of the one that it runs in.

    >>> with span("decide", placement="cart"):
    ...     pass
    """
    if _tracer is None:
        return _NOTHING
    found: AbstractContextManager[Any] = _tracer.start_as_current_span(name, attributes=attributes)
    return found


def request_span(method: str, headers: list[tuple[bytes, bytes]]) -> AbstractContextManager[Any]:
    """The span of a request, child of the caller's where ``traceparent`` names one."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name.startswith(b"trace")}
    found: AbstractContextManager[Any] = _tracer.start_as_current_span(
        method, context=extract(given), kind=SpanKind.SERVER, attributes={"http.request.method": method}
    )
    return found


def start(provider: Any) -> None:  # noqa: ANN401 - opentelemetry's TracerProvider, or None
    """Make spans with this provider from now on; None ends it."""
    global _tracer  # noqa: PLW0603 - one per process, as the provider is
    _tracer = None if provider is None else provider.get_tracer("tsuide", __version__)


def provider_of_environment() -> Any:  # noqa: ANN401 - as above
    """A provider that sends spans where OTEL_EXPORTER_OTLP_ENDPOINT (or its default) says, as OTEL_… describe it.

    Raises:
        MissingExtra: the extra ``otel`` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        raise MissingExtra(
            "OpenTelemetry is not installed", key="TSUIDE_TRACING", value="true", way_out="pip install 'tsuide[otel]'"
        ) from exc
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "tsuide"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
