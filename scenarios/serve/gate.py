"""Which requests come in at all: those of programs, and those of this endpoint's own page.

A page of somebody else's, open in a browser on this machine, could send forms here; once its own name leads
to this machine (DNS rebinding), it could ask anything. Browsers say where a request comes from, and programs
say nothing. So a request from another origin is turned away, and so is one for a name that could be anybody
else's. Numbers, `localhost`, names without a dot and AWS's own are served.

Sources: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site,
https://datatracker.ietf.org/doc/html/rfc6761#section-6.3
"""

import ipaddress

from scenarios.serve.messages import HttpAnswer, HttpRequest, in_json

_FORBIDDEN = 403
_OWN = frozenset({"same-origin", "none"})
_NAMES = (".localhost", ".amazonaws.com")


def turned_away(request: HttpRequest) -> HttpAnswer | None:
    """The answer to a request that isn't let in; None for all others."""
    if not _may_be_ours(request.host):
        words = f"nobody is served under the name {request.host[:100]!r}: ask for 127.0.0.1 or localhost"
    elif _is_of_another_page(request):
        words = "pages of other origins may not ask anything here"
    else:
        return None
    return in_json({"__type": "Forbidden", "message": words}, _FORBIDDEN)


def _may_be_ours(host: str) -> bool:
    if not host:  # HTTP/1.0, which no browser speaks
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_NAMES)
    return True


def _is_of_another_page(request: HttpRequest) -> bool:
    if request.headers.get("sec-fetch-site", "none") not in _OWN:
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin != f"http://{request.headers.get('host', '')}"
