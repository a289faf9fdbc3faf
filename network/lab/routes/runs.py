"""The list of runs: GET /api/runs."""

from typing import Any

from fastapi import APIRouter

from network.lab.state import Lab


def router(lab: Lab) -> APIRouter:
    """Return the routes of the list."""
    routes = APIRouter()

    @routes.get("/runs")
    def runs() -> dict[str, Any]:
        """Return the runs, latest first."""
        trained = {one.name for one in lab.trainings.list() if not one.is_over}
        rows = lab.loaded.summary_of_all()
        return {"runs": [{**row, "is_training": row["name"] in trained} for row in rows]}

    return routes
