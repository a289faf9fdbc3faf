"""The runs that there are: GET /api/runs."""

from typing import Any

from fastapi import APIRouter

from network.lab.state import Lab


def router(lab: Lab) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.get("/runs")
    def runs() -> dict[str, Any]:
        """List the runs, the latest first."""
        trained = {one.name for one in lab.trainings.list() if not one.is_over}
        rows = lab.loaded.summary_of_all()
        return {"runs": [{**row, "is_training": row["name"] in trained} for row in rows]}

    return routes
