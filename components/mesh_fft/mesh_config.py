"""Configuration of the device mesh; imports no TensorFlow."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from noria.typed_config import TypedConfig


class MeshConfig(TypedConfig):
    """Which devices a field is spread over, and how they are arranged."""

    devices: PositiveInt = Field(8, description="Number of logical devices in the mesh.")
    kind: Literal["CPU", "GPU"] = Field("CPU", description="Kind of the devices.")
    shape: tuple[PositiveInt, ...] | None = Field(
        None,
        min_length=1,
        max_length=2,
        description="Sizes of the mesh's one or two dimensions, whose product is devices; two spread a 3D "
        "field in pencils. Null: one dimension of all devices.",
    )
    memory_limit_mb: PositiveInt | None = Field(
        None,
        description="GPU only: memory of each logical device in MB. Needed where there are more logical "
        "devices than GPUs.",
    )
    uneven: Literal["pad", "refuse"] = Field(
        "pad",
        description="Where the mesh does not divide a field's axis: pad it with zeros for transport, or "
        "refuse the field. Batches of images and what steps cut from fields are always padded.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if math.prod(self.mesh_shape) != self.devices:
            raise ValueError(
                f"a mesh of shape {' x '.join(map(str, self.mesh_shape))} has {math.prod(self.mesh_shape)} "
                f"devices, not {self.devices}"
            )
        if self.memory_limit_mb is not None and self.kind == "CPU":
            raise ValueError(
                "memory_limit_mb limits GPUs; TensorFlow cannot limit the memory of a CPU device"
            )
        return self

    @property
    def mesh_shape(self) -> tuple[int, ...]:
        """Sizes of the mesh's dimensions."""
        return self.shape or (self.devices,)
