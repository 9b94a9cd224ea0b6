"""A zip of class folders becomes images of one size; whatever else it may be is answered in a sentence."""

from __future__ import annotations

import io
import os
import random
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import load
from core.data.user import image_archive
from core.data.user.added_files import IMAGES, keep_last_used
from core.errors import InvalidRequest
from core.paths import VARIABLE
from tests.core.data.user.zips import folders, of_colour, png, zipped


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    image_archive.own_images.cache_clear()
    return tmp_path


@pytest.mark.parametrize(("size", "colour"), [("28", "grey"), ("32", "rgb")])
def test_a_class_a_folder_and_each_image_small(size: str, colour: str) -> None:
    name = image_archive.add(zipped(folders(8, below="photos/train/")))
    data = load("own_images", archive=name, size=size, colour=colour, test_fraction=0.25)
    side, channels = int(size), 1 if colour == "grey" else 3
    assert data.classes == ("green", "red")
    assert data.train_inputs.shape == (12, channels, side, side)
    assert np.bincount(data.test_targets).tolist() == [2, 2]
    green = data.train_inputs[data.train_targets == 0]
    expected = [0.299 * 10 + 0.587 * 200 + 0.114 * 10] if colour == "grey" else [10, 200, 10]
    np.testing.assert_allclose(green.mean(axis=(0, 2, 3)) * 255, expected, atol=0.6)


def test_images_are_made_small_as_pillow_does_it() -> None:
    """The middle square, upright; white behind what is transparent; any of the formats."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8)
    middle = Image.fromarray(noise).resize((28, 28), Image.Resampling.BICUBIC, box=(0, 15, 60, 75))
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Image.fromarray(np.rot90(noise)).save(turned, format="PNG", exif=exif)
    clear = np.zeros((20, 20, 4), np.uint8)
    deep = (np.arange(400).reshape(20, 20) * 160).astype(np.uint16)
    files = folders() | {
        "red/noise.png": png(noise),
        "red/turned.png": turned.getvalue(),
        "red/noise.bmp": png(noise, "BMP"),
        "red/clear.png": png(clear),
        "red/deep.png": png(deep),
        "red/grey.gif": png(noise[..., 0], "GIF"),
        "red/photo.JPG": png(noise, "JPEG"),
    }
    images = image_archive.read_zip(zipped(files))
    names = [name for name in files if name.startswith("red/")]
    pixels = dict(zip(names, images.pixels[28][images.labels == 1], strict=True))
    for name in ("red/noise.png", "red/turned.png", "red/noise.bmp"):
        np.testing.assert_array_equal(pixels[name], np.asarray(middle))
    assert pixels["red/clear.png"].min() == 255
    assert pixels["red/deep.png"][-1, -1, 0] == pytest.approx(399 * 160 / 257, abs=3)
    assert len(pixels) == 6 + 7


def test_what_systems_leave_in_a_zip_is_ignored_and_other_files_are_counted() -> None:
    more = {"__MACOSX/red/._1.png": b"", "red/.DS_Store": b"", "red/Thumbs.db": b"", "README.txt": b"hello"}
    images = image_archive.read_zip(zipped(folders() | more))
    assert images.counts == {"green": 6, "red": 6}
    assert images.summary == "12 images of 2 classes: green 6, red 6; 1 other files were left out"


def test_the_same_zip_is_stored_once_and_goes_when_the_space_is_needed(home: Path) -> None:
    first, same = image_archive.add(zipped(folders())), image_archive.add(zipped(folders()))
    other = image_archive.add(zipped(folders(7)))
    assert first == same != other
    stored = home / IMAGES.folder
    assert {path.stem for path in stored.iterdir()} == {first, other}
    os.utime(stored / f"{first}.npz", (1, 1))
    keep_last_used(home, max_bytes=1, needed={other})
    assert {path.stem for path in stored.iterdir()} == {other}
    with pytest.raises(InvalidRequest, match="is no longer here; add its file again"):
        image_archive.own_images(first)


def test_a_file_of_the_store_alone_can_be_named() -> None:
    with pytest.raises(InvalidRequest, match="is no set of images that was added"):
        load("own_images", archive="../../etc/passwd")


def bomb() -> bytes:
    """A picture of 5000 x 5000 pixels in some kilobytes."""
    return png(np.zeros((5000, 5000), np.uint8))


def claim(side: int) -> bytes:
    """A picture that says of itself that it has so many pixels each way, and has a few."""
    content = bytearray(of_colour((1, 2, 3)))
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def link() -> bytes:
    entry = zipfile.ZipInfo("red/link.png")
    entry.external_attr = 0o120777 << 16
    file = io.BytesIO(zipped(folders()))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    return file.getvalue()


def encrypted() -> bytes:
    """A zip whose first entry says that it needs a password."""
    content = bytearray(zipped(folders()))
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.find(mark) + flags] |= 1
    return bytes(content)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"hello", "is no whole zip"),
    "cut off": (lambda: zipped(folders())[:-30], "is no whole zip"),
    "empty": (lambda: zipped({}), "has no images"),
    "no images": (lambda: zipped({"a/1.txt": b"x", "b/2.txt": b"y"}), "has no images"),
    "no folder": (lambda: zipped(folders() | {"1.png": of_colour((1, 2, 3))}), "'1.png' is in no folder"),
    "one class": (
        lambda: zipped({name: one for name, one in folders().items() if "red" in name}),
        "in 1 folder;",
    ),
    "13 classes": (
        lambda: zipped({f"{n}/1.png": b"" for n in range(13)}),
        "in 13 folders; 2 to 12 are possible",
    ),
    "few images": (
        lambda: zipped(folders() | {"blue/1.png": b""}),
        "'blue' has 1 image; each needs at least 5",
    ),
    "long name": (
        lambda: zipped(folders() | {f"{'x' * 60}/{n}.png": b"" for n in range(5)}),
        "60 characters; at most 40",
    ),
    "no picture": (
        lambda: zipped(folders() | {"red/7.png": b"hello"}),
        "'red/7.png' cannot be read as an image",
    ),
    "half a picture": (
        lambda: zipped(
            folders()
            | {"red/7.png": png(np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8))[:2000]}
        ),
        "'red/7.png' cannot be read as an image; is it whole?",
    ),
    "outside": (lambda: zipped(folders() | {"../red/7.png": b""}), "odd name '../red/7.png'; names such as"),
    "absolute": (lambda: zipped(folders() | {"/etc/7.png": b""}), "odd name '/etc/7.png'"),
    "drive": (lambda: zipped(folders() | {"C:/red/7.png": b""}), "odd name 'C:/red/7.png'"),
    "backslash": (lambda: zipped(folders() | {"red\\7.png": b""}), "odd name"),
    "control": (lambda: zipped(folders() | {"red\n/7.png": b""}), "odd name"),
    "link": (link, "odd link 'red/link.png'"),
    "encrypted": (encrypted, "is encrypted; pack it without a password"),
    "many pixels": (
        lambda: zipped(folders() | {"red/7.png": bomb()}),
        "has 5,000 x 5,000 pixels; at most 16 million",
    ),
    "a claim of pixels": (
        lambda: zipped(folders() | {"red/7.png": claim(30_000)}),
        "has too many pixels; at most 16",
    ),
    "unpacked": (
        lambda: zipped(folders() | {"red/7.png": bytes(20_000_000)}),
        "has 20 MB unpacked; at most 16 MB",
    ),
    "unpacked together": (
        lambda: zipped(folders() | {f"red/{n}0.png": bytes(15_900_000) for n in range(1, 14)}),
        "have 207 MB unpacked; at most 200 MB",
    ),
    "many files": (
        lambda: zipped(dict.fromkeys((f"a/{n}.txt" for n in range(6001)), b"")),
        "too many files; at most 6,000",
    ),
    "too large": (lambda: bytes(20_000_001), "has more than 20 MB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence_and_not_stored(case: str, home: Path) -> None:
    content, sentence = REFUSED[case]
    archive = content()
    with pytest.raises(InvalidRequest) as caught:
        image_archive.add(archive)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (home / IMAGES.folder).exists()


def test_pixels_of_all_images_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_archive, "MAX_PIXELS_TOGETHER", 1_000_000)
    large = png(np.zeros((900, 900), np.uint8))
    with pytest.raises(InvalidRequest, match="more than 1 million pixels together"):
        image_archive.read_zip(zipped(folders() | {"red/8.png": large, "red/9.png": large}))


def test_a_zip_that_claims_less_than_it_holds_is_refused() -> None:
    """Its table of contents says 100 bytes, and a picture of 15,000 bytes is there."""
    picture = png(np.random.default_rng(0).integers(0, 256, (70, 70, 3), np.uint8))
    content = bytearray(zipped(folders() | {"red/9.png": picture}))
    at = content.rfind(b"PK\x01\x02") + 24  # the size unpacked, in the last entry
    content[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(InvalidRequest):
        image_archive.read_zip(bytes(content))


def test_a_zip_with_any_byte_changed_is_read_or_refused() -> None:
    whole = zipped(folders(5))
    generator = random.Random(0)
    for _ in range(150):
        broken = bytearray(whole)
        broken[generator.randrange(len(broken))] ^= 1 << generator.randrange(8)
        try:
            images = image_archive.read_zip(bytes(broken))
        except InvalidRequest:
            continue
        assert len(images.labels) >= 10


def test_without_a_zip_there_are_shapes_to_learn() -> None:
    data = load("own_images")
    assert data.classes == ("disc", "square", "triangle")
    again = load("own_images")
    np.testing.assert_array_equal(data.train_inputs, again.train_inputs)


def test_a_path_that_cannot_be_read_is_answered(home: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read: No such file"):
        image_archive.add(home / "none.zip")
