"""The page overview, and the pictures of pipelines."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dashboard.context import services_of
from dashboard.services.champions import Champion, Champions
from dashboard.services.overview import age, overview
from dashboard.services.run_actions import pipeline_entry
from dashboard.services.run_graph import graph_svg, steps_or_none
from dashboard.templating import environment, page
from noria.home import Home
from pipelines.registry import all_pipelines

router = APIRouter(include_in_schema=False)
environment().filters["age"] = age

# The style of pages does not reach into a picture file.
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1b2329; } rect { fill: #eef3f6; stroke: #6a8798; }
.arrow { fill: none; stroke: #7d8b94; stroke-width: 1.4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ebee; } rect { fill: #263038; stroke: #6f8a99; } .arrow { stroke: #8a979f; }
}
</style>"""


@router.get("/")
def show(request: Request) -> HTMLResponse:
    """Every pipeline, and what needs attention."""
    services = services_of(request)
    champions = _champions(request)
    known = champions.known()
    found = overview(
        list(all_pipelines().values()),
        services.runs.all(),
        services.schedules.all(),
        services.queue.waiting(),
        known or [],
    )
    return page(
        request,
        "overview.html",
        overview=found,
        runs_known=bool(services.runs.all() or services.queue.waiting()),
        champions_known=known is not None,
        champions_error=services.mask.text(champions.error),
        mask=services.mask.text,
    )


@router.get("/pipelines/{name}.svg")
def picture(name: str) -> Response:
    """The steps of a pipeline's default configuration."""
    svg = str(graph_svg(steps_or_none(pipeline_entry(name).name), {}, f"Steps of {name}", links=False))
    if not svg:
        svg = '<svg width="10" height="10">'
    opened, _, rest = svg.partition(">")
    text = f'{opened} xmlns="http://www.w3.org/2000/svg">{_STYLE}{rest or "</svg>"}'
    # A picture has no scripts, and may not load anything either.
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Cache-Control": "max-age=300",
    }
    return Response(text, media_type="image/svg+xml", headers=headers)


def _champions(request: Request) -> Champions:
    state = request.app.state
    if not hasattr(state, "champions"):
        home = services_of(request).home
        state.champions = Champions(lambda: _ask(home))
    champions: Champions = state.champions
    return champions


def _ask(home: Home) -> list[Champion]:
    # Imports MLflow: seconds, in the background.
    from dashboard.services.model_registry import registered_models

    found = []
    for model in registered_models(home):
        champion = model.version(model.champion)
        if champion is not None:
            found.append(Champion(model.name, model.pipeline, champion.version, champion.created))
    return found
