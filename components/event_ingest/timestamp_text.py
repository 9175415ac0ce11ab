"""Timestamps written as text: ISO 8601 and strptime formats, strictly (no 30 February)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_LOCAL = pa.timestamp("us")
_OFFSET = r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<hours>0\d|1[0-5]):?(?P<minutes>[0-5]\d)?)?"
_ISO = (
    r"^(?P<date>\d{4}-\d{2}-\d{2})(?:[Tt ](?P<h>\d{2})(?::?(?P<m>\d{2})(?::?(?P<s>\d{2})(?:\.(?P<f>\d+))?)?)?"
    r"\s*" + _OFFSET + r")?$"
)
_TAIL = r"^(?P<body>.*?)\s*" + _OFFSET + "$"


def read_iso(text: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """ISO 8601 to the microsecond, of which digits after the sixth are cut off.

    Returns:
        timestamp[us] as on the clock, null where the text is none; and int64 minutes east of UTC, null
        where a text states no offset (None where no text does).
    """
    try:
        # Fast, but takes neither offsets nor a single text that does not fit.
        return text.cast(_LOCAL), None
    except pa.ArrowInvalid:
        pass
    parts = pc.extract_regex(text, _ISO)
    date = pc.struct_field(parts, "date")
    clock = [_default(pc.struct_field(parts, name), "00") for name in ("h", "m", "s")]
    whole = pc.binary_join_element_wise(date, *clock, "-")
    local = pc.strptime(whole, format="%Y-%m-%d-%H-%M-%S", unit="us", error_is_null=True)
    local = pc.if_else(pc.equal(pc.day(local), _number(pc.utf8_slice_codeunits(date, 8, 10))), local, None)
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.struct_field(parts, "f"), 6, "0"), 0, 6)
    local = pc.add(local, _number(fraction).cast(pa.duration("us")))
    return local, _offset(parts)


def read_strptime(text: pa.Array, form: str) -> tuple[pa.Array, pa.Array | None]:
    """As ``read_iso``, for strptime formats; ``%z`` at its end: ``Z``, ``+01``, ``+0100`` or ``+01:00``."""
    if not form.endswith("%z"):
        return _strict(text, form), None
    parts = pc.extract_regex(text, _TAIL)
    offset = _offset(parts)
    local = _strict(pc.struct_field(parts, "body"), form.removesuffix("%z").rstrip())
    return pc.if_else(offset.is_valid(), local, None), offset


def _strict(text: pa.Array, form: str) -> pa.Array:
    local = pc.strptime(text, format=form, unit="us", error_is_null=True)
    # %Y takes 10 for the year 10.
    local = pc.if_else(pc.less(pc.year(local), 1000), None, local)
    # 30 February is read as 2 March, so days that may have run over are written out again and compared.
    doubtful = pc.fill_null(pc.less_equal(pc.day(local), 3), False)
    if not pc.any(doubtful).as_py():
        return local
    again = pc.strftime(pc.if_else(doubtful, local, None).cast(pa.timestamp("s")), format=form)
    changed = pc.and_(doubtful, pc.not_equal(_digits(again), _digits(text)))
    return pc.if_else(pc.fill_null(changed, False), None, local)


def _digits(text: pa.Array) -> pa.Array:
    numbers = pc.replace_substring_regex(text, r"\D+", " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(numbers, r"\b0+(\d)", r"\1"))


def _offset(parts: pa.Array) -> pa.Array:
    minutes = pc.add(
        pc.multiply(_number(pc.struct_field(parts, "hours")), 60), _number(pc.struct_field(parts, "minutes"))
    )
    west = pc.equal(pc.struct_field(parts, "sign"), "-")
    states = pc.or_(
        pc.not_equal(pc.struct_field(parts, "sign"), ""), pc.not_equal(pc.struct_field(parts, "utc"), "")
    )
    return pc.if_else(states, pc.if_else(west, pc.negate(minutes), minutes), None)


def _number(digits: pa.Array) -> pa.Array:
    return _default(digits, "0").cast(pa.int64())


def _default(text: pa.Array, value: str) -> pa.Array:
    return pc.if_else(pc.equal(text, ""), value, text)
