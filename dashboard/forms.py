"""What a page's form sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request


async def sent_fields(request: Request) -> dict[str, str]:
    """Dependency: the fields of a form as texts; of several of one name the last."""
    async with request.form(max_fields=5000) as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


SentFields = Annotated[dict[str, str], Depends(sent_fields)]
