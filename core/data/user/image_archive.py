"""A person's images: a zip with a folder for each class, checked, made small, and stored as arrays.

Nothing is ever written under a name of the zip, and no more is unpacked than the limits allow, whatever its
table of contents claims.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.data.csv_cells import quoted
from core.data.user.added_files import IMAGES, content_of, name_of
from core.errors import InvalidRequest
from core.syntax_trees import beside_threads

MAX_BYTES = 20_000_000  # of the zip
MAX_ENTRIES = 6000  # files and folders in it
MAX_IMAGES = 5000
MAX_FILE_BYTES = 16_000_000  # of one image, unpacked
MAX_UNPACKED_BYTES = 200_000_000  # of all together
MAX_PIXELS = 16_000_000  # of one image: a camera's 4000 x 4000
MAX_PIXELS_TOGETHER = 200_000_000
MIN_CLASSES, MAX_CLASSES = 2, 12
MIN_IMAGES = 5  # of each class
MAX_NAME = 40  # characters of a class

SIDES = (28, 32)  # pixels of the images that networks get
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
# How much each of red, green and blue adds to the grey that an eye sees (ITU-R BT.601).
_LUMA = np.array([0.299, 0.587, 0.114])
# What systems and programs leave in a zip.
_IGNORED_NAMES = ("thumbs.db", "desktop.ini")
_ENCRYPTED = 1  # the first flag of an entry
_DIRECTORY_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's table of contents
_OF_16_BITS = ("I", "I;16", "I;16B", "I;16L")


@dataclass(frozen=True, eq=False)
class OwnImages:
    """Images as they were stored: pixels by their side, uint8 (n, side, side, 3), and what each shows."""

    pixels: Mapping[int, np.ndarray]
    labels: np.ndarray  # int64 (n,)
    classes: tuple[str, ...]
    left_out: int  # files of the zip that are no images

    @property
    def counts(self) -> dict[str, int]:
        """How many images each class has."""
        numbers = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def shown(self, side: int, grey: bool) -> np.ndarray:
        """The images of a side, uint8 (n, side, side, 3), or (n, side, side, 1) of shades of grey alone."""
        pixels = self.pixels[side]
        return np.rint(pixels @ _LUMA[:, None]).astype(np.uint8) if grey else pixels

    @property
    def summary(self) -> str:
        """How many images there are of what, in a line."""
        said = ", ".join(f"{name} {count:,}" for name, count in self.counts.items())
        more = f"; {self.left_out:,} other files were left out" if self.left_out else ""
        return f"{len(self.labels):,} images of {len(self.classes)} classes: {said}{more}"


def add(source: Path | str | bytes) -> str:
    """Check a zip of class folders, store its images, and return their name in the store: the SHA-256 of the
    zip. Raises InvalidRequest for one that is none within the limits.
    """
    content = content_of(source, MAX_BYTES)
    name = name_of(content)
    if not IMAGES.has(name):
        IMAGES.add(name, _stored(read_zip(content)))
    return name


@lru_cache(maxsize=4)
def own_images(archive: str) -> OwnImages:
    """What add() has stored, or the example for "". Raises InvalidRequest where it is no longer here."""
    if not archive:
        return example()
    content = IMAGES.read(archive)
    return beside_threads(lambda: _loaded(content))


def _loaded(content: bytes) -> OwnImages:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        pixels = {side: stored[f"pixels_{side}"] for side in SIDES}
        classes = tuple(stored["classes"].tolist())
        return OwnImages(pixels, stored["labels"], classes, int(stored["left_out"]))


def _stored(images: OwnImages) -> bytes:
    file = io.BytesIO()
    arrays = {f"pixels_{side}": pixels for side, pixels in images.pixels.items()}
    np.savez_compressed(
        file,
        allow_pickle=False,
        labels=images.labels,
        classes=np.array(images.classes),
        left_out=np.array(images.left_out),
        **arrays,
    )
    return file.getvalue()


def read_zip(content: bytes) -> OwnImages:
    """The images of a zip, made small. Raises InvalidRequest, in one sentence, for what cannot be."""
    if len(content) > MAX_BYTES:
        raise InvalidRequest(
            f"The zip has more than {MAX_BYTES / 1e6:.0f} MB; pack fewer images, or smaller ones."
        )
    if content.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
        raise InvalidRequest(f"The zip has too many files; at most {MAX_ENTRIES:,} are possible.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except InvalidRequest:
        raise
    except NotImplementedError:  # a compression that Python lacks
        raise InvalidRequest("The zip is packed in a way that is not known here; use plain zip.") from None
    except Exception:  # whatever a broken zip makes its reader raise
        raise InvalidRequest("The file is no whole zip; pack the folders of images anew.") from None


def _read(archive: zipfile.ZipFile) -> OwnImages:
    found: list[tuple[str, zipfile.ZipInfo]] = []
    left_out = 0
    for entry in archive.infolist():
        _check_entry(entry)
        parts = entry.filename.split("/")
        if entry.is_dir() or _is_ignored(parts):
            continue
        if not parts[-1].lower().endswith(ENDINGS):
            left_out += 1
        elif len(parts) < 2:
            raise InvalidRequest(
                f"The image {quoted(entry.filename)} is in no folder; put the images of each class in a "
                "folder of its name."
            )
        else:
            found.append((parts[-2].strip(), entry))
    classes = _classes([name for name, _ in found])
    _check_sizes([entry for _, entry in found])
    small: dict[int, list[np.ndarray]] = {side: [] for side in SIDES}
    pixels_left = MAX_PIXELS_TOGETHER
    for _, entry in found:
        image = _opened(archive, entry)
        pixels_left -= image.width * image.height
        if pixels_left < 0:
            raise InvalidRequest(
                f"The images have more than {MAX_PIXELS_TOGETHER / 1e6:.0f} million pixels together; make "
                "them smaller first."
            )
        image = _decoded(image, entry.filename)
        for side, images in small.items():
            images.append(np.asarray(ImageOps.fit(image, (side, side))))
    labels = np.array([classes.index(name) for name, _ in found], np.int64)
    return OwnImages({side: np.stack(images) for side, images in small.items()}, labels, classes, left_out)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse names that point out of the zip or that nobody could read, links, and what is encrypted."""
    name = entry.filename
    parts = name.rstrip("/").split("/")
    odd = "\\" in name or ":" in name or not name.isprintable() or {"", ".", ".."} & {*parts}
    if odd or stat.S_ISLNK(entry.external_attr >> 16):
        what = "link" if not odd else "name"
        raise InvalidRequest(
            f"The zip has the odd {what} {quoted(name)}; names such as cats/1.png are possible."
        )
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidRequest("The zip is encrypted; pack it without a password.")


def _is_ignored(parts: list[str]) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return hidden or parts[-1].lower() in _IGNORED_NAMES


def _classes(names: list[str]) -> tuple[str, ...]:
    counts = Counter(names)
    if not counts:
        raise InvalidRequest(
            f"The zip has no images; write {', '.join(ENDINGS)} files into a folder for each class."
        )
    if not MIN_CLASSES <= len(counts) <= MAX_CLASSES:
        raise InvalidRequest(
            f"The images are in {len(counts)} folder{'s' if len(counts) > 1 else ''}; {MIN_CLASSES} to "
            f"{MAX_CLASSES} are possible, one for each class."
        )
    if len(names) > MAX_IMAGES:
        raise InvalidRequest(f"The zip has {len(names):,} images; at most {MAX_IMAGES:,} are possible.")
    for name, count in sorted(counts.items()):
        if count < MIN_IMAGES:
            raise InvalidRequest(
                f"The class {quoted(name)} has {count} image{'s' if count > 1 else ''}; each needs at least "
                f"{MIN_IMAGES}."
            )
        if len(name) > MAX_NAME:
            raise InvalidRequest(
                f"The class {quoted(name)} has a name of {len(name)} characters; at most {MAX_NAME} are "
                "possible."
            )
    return tuple(sorted(counts))


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """By the table of contents, before anything is unpacked; no more than it claims is ever read."""
    for entry in entries:
        if entry.file_size > MAX_FILE_BYTES:
            raise InvalidRequest(
                f"{quoted(entry.filename)} has {entry.file_size / 1e6:,.0f} MB unpacked; at most "
                f"{MAX_FILE_BYTES / 1e6:.0f} MB are possible."
            )
    together = sum(entry.file_size for entry in entries)
    if together > MAX_UNPACKED_BYTES:
        raise InvalidRequest(
            f"The images have {together / 1e6:,.0f} MB unpacked; at most {MAX_UNPACKED_BYTES / 1e6:.0f} MB "
            "are possible."
        )


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Image.Image:
    """An image whose size is known and whose pixels are not read yet."""
    with archive.open(entry) as file:
        content = file.read(MAX_FILE_BYTES)
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:  # before its size can be asked for
        raise InvalidRequest(
            f"{quoted(entry.filename)} has too many pixels; at most {MAX_PIXELS / 1e6:.0f} million are "
            "possible."
        ) from None
    except Exception:  # whatever a decoder can run into
        raise InvalidRequest(f"{quoted(entry.filename)} cannot be read as an image.") from None
    if image.width * image.height > MAX_PIXELS:
        raise InvalidRequest(
            f"{quoted(entry.filename)} has {image.width:,} x {image.height:,} pixels; at most "
            f"{MAX_PIXELS / 1e6:.0f} million are possible."
        )
    return image


def _decoded(image: Image.Image, name: str) -> Image.Image:
    """Upright, in red, green and blue, with white behind what is transparent."""
    try:
        image.draft("RGB", (4 * max(SIDES), 4 * max(SIDES)))  # of a JPEG: an eighth is decoded as fast
        image = ImageOps.exif_transpose(image)
        if image.mode in _OF_16_BITS:
            image = Image.fromarray((np.asarray(image, np.float64) / 257).clip(0, 255).astype(np.uint8))
        coloured = image.convert("RGBA")
    except Exception:
        raise InvalidRequest(f"{quoted(name)} cannot be read as an image; is it whole?") from None
    white = Image.new("RGBA", coloured.size, "white")
    return Image.alpha_composite(white, coloured).convert("RGB")


EXAMPLE_IMAGES = 80  # of each class


@lru_cache(maxsize=1)
def example() -> OwnImages:
    """Made-up shapes of any colour on a dark ground: discs, squares and triangles."""
    random = np.random.default_rng(0)
    shapes = ("disc", "square", "triangle")
    labels = np.repeat(np.arange(len(shapes)), EXAMPLE_IMAGES)
    drawn = [_shape(shapes[label], random) for label in labels]
    pixels = {side: np.stack([np.asarray(image.resize((side, side))) for image in drawn]) for side in SIDES}
    return OwnImages(pixels, labels, shapes, 0)


def _shape(shape: str, random: np.random.Generator) -> Image.Image:
    """Drawn large, so that its edges become smooth: a place, a size, a colour and some noise."""
    size = 2 * max(SIDES)
    y, x = np.mgrid[0:size, 0:size] / size
    radius = random.uniform(0.16, 0.3)
    x, y = x - random.uniform(radius, 1 - radius), y - random.uniform(radius, 1 - radius)
    inside = {
        "disc": np.hypot(x, y) < radius,
        "square": np.maximum(np.abs(x), np.abs(y)) < 0.85 * radius,
        "triangle": (y < 0.7 * radius) & (y > 2 * np.abs(x) - radius),
    }[shape]
    colour, ground = random.uniform(110, 255, 3), random.uniform(0, 60, 3)
    image = np.where(inside[..., None], colour, ground) + random.normal(0, 20, (size, size, 3))
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))
