"""What leaves the program says what made it, in the file and for the eye."""

import io
import json
import subprocess
from contextlib import suppress
from xml.etree import ElementTree

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import DataError
from aigc_core.media import provenance

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 28, 28, 1), np.uint8)


def aigc_of(xmp: str) -> dict[str, str]:
    start = xmp.index('TC260:AIGC="') + len('TC260:AIGC="')
    claim: dict[str, str] = json.loads(xmp[start : xmp.index('"/>', start)].replace("&quot;", '"'))
    return claim


def test_a_png_holds_the_field_the_recipe_and_its_very_pixels() -> None:
    content = provenance.png(FRAMES[0], {"run": "a", "point": {"z": [0.1, -2]}})
    with Image.open(io.BytesIO(content)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), FRAMES[0, ..., 0])
        packet = picture.text["XML:com.adobe.xmp"]  # type: ignore[attr-defined]
    said = aigc_of(packet)
    description = ElementTree.fromstring(packet).find(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert description is not None  # and it is well-formed XML, as another reader sees it
    assert json.loads(description.attrib[f"{{{provenance.NAMESPACE}}}AIGC"]) == said
    assert said["Label"] == "1" and said["ContentProducer"] == "AIGC Studio" and said["ProduceID"]
    assert set(said) == {
        "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"
    }  # fmt: skip
    assert provenance.recipe_of(content) == {"run": "a", "point": {"z": [0.1, -2]}}


def test_each_picture_has_a_number_of_its_own() -> None:
    numbers = [json.loads(provenance.field(one) or "")["ProduceID"] for one in (*FRAMES, FRAMES[0])]
    assert len(set(numbers)) == len(FRAMES) and numbers[0] == numbers[-1]


def test_a_gif_plays_and_holds_the_field() -> None:
    content = provenance.gif(FRAMES, 1.2, None)
    with Image.open(io.BytesIO(content)) as film:
        assert film.n_frames == 6 and film.info["duration"] == 200 and film.info["loop"] == 0  # type: ignore[attr-defined]
        assert film.size == (448, 448)
        film.seek(5)
        last = np.asarray(film.convert("L"))[8::16, 8::16]
    np.testing.assert_allclose(last.astype(int), FRAMES[5, ..., 0], atol=4)  # 256 colours of a palette
    assert aigc_of(content.decode("utf-8", "ignore"))["Label"] == "1"


def test_a_film_plays_and_holds_the_field() -> None:
    content = provenance.mp4(FRAMES, 2, "en")
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        input=content, capture_output=True, check=True,
    )  # fmt: skip
    said = done.stderr.decode()
    assert "h264" in said and "yuv420p" in said and '"Label": "1"' in said.replace("\\", "")
    height = provenance.finished(FRAMES, "en").shape[1]
    film = np.frombuffer(done.stdout, np.uint8).reshape(-1, height + height % 2, 448)
    assert len(film) == 6
    assert np.abs(film[2][8:448:16, 8::16].astype(int) - FRAMES[2, ..., 0]).mean() < 12


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_label_can_be_seen(language: provenance.Language) -> None:
    plain, labelled = provenance.finished(FRAMES, None), provenance.finished(FRAMES, language)
    np.testing.assert_array_equal(labelled[:, :448], plain)
    strip = labelled[0, 448:]
    letters = np.flatnonzero((strip < 128).any(axis=(1, 2)))
    assert len(letters) >= 0.04 * 448  # the letters' height
    assert (strip > 200).mean() > 0.5


def test_a_large_picture_keeps_its_size() -> None:
    assert provenance.finished(np.zeros((1, 500, 600, 3), np.uint8), None).shape == (1, 500, 600, 3)


def test_the_field_goes_away_only_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(provenance.SWITCH, "no")
    assert b"TC260" in provenance.png(FRAMES[0])
    monkeypatch.setenv(provenance.SWITCH, "off")
    for content in (provenance.png(FRAMES[0]), provenance.gif(FRAMES, 1, None), provenance.mp4(FRAMES, 1, None)):
        assert b"TC260" not in content and b"AIGC" not in content


def test_what_has_no_recipe_is_a_sentence() -> None:
    plain = io.BytesIO()
    Image.fromarray(FRAMES[0, ..., 0]).save(plain, "PNG")
    whole = provenance.png(FRAMES[0], {"a": 1})
    for content in (b"", b"nonsense", plain.getvalue(), whole[:60], provenance.gif(FRAMES, 1, None)):
        with pytest.raises(DataError, match="recipe"):
            provenance.recipe_of(content)
    deep, lone = whole.replace(b'{"a": 1}', b"[[[[[[[["), provenance.png(FRAMES[0], {"a": "["})
    for content in (deep, lone[:-40]):
        with suppress(DataError):
            provenance.recipe_of(content)
    with pytest.raises(DataError, match="larger"):
        provenance.recipe_of(bytes(provenance.LARGEST_PNG + 1))
