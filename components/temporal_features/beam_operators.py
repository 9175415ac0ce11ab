"""Temporian's operators that it cannot run on Beam itself: logarithm and calendar. Importing registers them.

Both work event by event, so what computes in memory computes here, for one series at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import temporian.beam  # noqa: F401 - registers Temporian's own
from temporian.beam import implementation_lib
from temporian.beam.operators.base import BeamOperatorImplementation, beam_eventset_map
from temporian.core.operators.calendar.base import BaseCalendarOperator
from temporian.core.operators.calendar.day_of_month import CalendarDayOfMonthOperator
from temporian.core.operators.calendar.day_of_week import CalendarDayOfWeekOperator
from temporian.core.operators.calendar.day_of_year import CalendarDayOfYearOperator
from temporian.core.operators.calendar.hour import CalendarHourOperator
from temporian.core.operators.calendar.iso_week import CalendarISOWeekOperator
from temporian.core.operators.calendar.month import CalendarMonthOperator
from temporian.core.operators.unary import LogOperator
from temporian.implementation.numpy.implementation_lib import get_implementation_class


class LogOnBeam(BeamOperatorImplementation):
    """Natural logarithm of every feature."""

    def call(self, input: Any) -> dict[str, Any]:
        """One collection per feature in, one out."""
        return {"output": beam_eventset_map(input, name=f"{self.operator}", fn=_log)}


class CalendarOnBeam(BeamOperatorImplementation):
    """A part of the date of every timestamp (int32)."""

    def call(self, sampling: Any) -> dict[str, Any]:
        """Timestamps of the first collection in, one feature out."""
        operator: BaseCalendarOperator = self.operator
        compute = _Calendar(operator.operator_key(), operator.tz)
        return {"output": beam_eventset_map(sampling[:1], name=f"{operator}", fn=compute)}


class _Calendar:
    """Holds names only: what Temporian computes with cannot be sent to workers."""

    def __init__(self, key: str, time_zone: str) -> None:
        self._key, self._time_zone = key, time_zone

    def __call__(self, item: Any, _: int) -> Any:
        index, (timestamps, _values) = item
        values = np.zeros(timestamps.shape, np.int32)
        # The function that computes depends on no operator, though it is a method.
        function = get_implementation_class(self._key)._implementation(None)
        if error := function(timestamps, self._time_zone, values):
            raise ValueError(error)
        return index, (timestamps, values)


def _log(item: Any, _: int) -> Any:
    index, (timestamps, values) = item
    return index, (timestamps, np.log(values))


for _operator in (
    CalendarHourOperator,
    CalendarDayOfWeekOperator,
    CalendarDayOfMonthOperator,
    CalendarDayOfYearOperator,
    CalendarMonthOperator,
    CalendarISOWeekOperator,
):
    implementation_lib.register_operator_implementation(_operator, CalendarOnBeam)
implementation_lib.register_operator_implementation(LogOperator, LogOnBeam)
