"""What the Latent page asks of a run: pictures of positions, uploads, repairs, neighbours, files."""

import base64
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from aigc_core.common.errors import AigcError, DataError, RunError
from aigc_core.data import upload
from aigc_core.families.image import ImageRequest
from aigc_core.inference import model_cache
from aigc_core.inference.latent import direction_store, image_search, interpolation, session, training_data
from aigc_core.runs.run import Run
from aigc_core.serving import jobs
from aigc_core.serving.api import latent as latent_api
from aigc_core.serving.api import run_views
from aigc_core.training.trainer import fit
from tests.helpers.jobs import ended
from tests.helpers.runs import RECORDS, Trained, tiny

Form = Literal["strip", "gif", "mp4"]


@pytest.fixture
def vae(trained: Trained, own_place: Path) -> Run:
    """The tiny VAE, where the door finds it."""
    place = own_place / "runs" / "tiny"
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(trained("vae").path)
    return Run(place)


@pytest.fixture(scope="module")
def style_gan(tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = tiny("gan", network="style", conditional=True, data="digits8", width=8)
    run = Run.create(config.changed(RECORDS | {"steps": 2}), tmp_path_factory.mktemp("style") / "style")
    fit(run)
    return run


def random_points(run: Run, count: int, **more: Any) -> list[session.Point]:
    return session.parse_points([{"z": session.code_of_seed(run, None, seed), **more} for seed in range(count)])


def test_a_seed_means_the_same_picture_as_everywhere(trained: Trained) -> None:
    run = trained("gan")
    (ours,) = session.decode_points(run, None, session.parse_points([{"z": session.code_of_seed(run, None, 7)}]))
    theirs = model_cache.pictures(run, ImageRequest(count=1, seed=7))[0]
    np.testing.assert_allclose(ours.astype(int), theirs, atol=1)


def test_a_picture_does_not_depend_on_its_company(trained: Trained) -> None:
    run = trained("vae")
    points = random_points(run, 19)
    together = session.decode_points(run, None, points)
    for i in (0, 7, 8, 18):
        np.testing.assert_array_equal(session.decode_points(run, None, [points[i]])[0], together[i])


def test_people_at_once_share_batches_and_each_gets_the_own_picture(trained: Trained) -> None:
    run = trained("vae")
    points = random_points(run, 60)
    alone = [session.decode_points(run, None, [one]) for one in points]
    with ThreadPoolExecutor(20) as people:
        together = list(people.map(lambda one: session.decode_points(run, None, [one]), points))
    np.testing.assert_array_equal(together, alone)


def test_a_defect_while_drawing_reaches_everyone_who_waits(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained("vae")
    model, family = session.open_model(run, None)
    points = random_points(run, 12)
    with monkeypatch.context() as broken:
        broken.setattr(family, "decode", lambda *a: 1 / 0)
        with ThreadPoolExecutor(12) as people:
            waiting = [people.submit(session.decode_points, run, None, [one]) for one in points]
            assert all(isinstance(one.exception(timeout=20), ZeroDivisionError) for one in waiting)
    assert not model.waiting
    assert session.decode_points(run, None, points[:1]).any()


@pytest.mark.parametrize(
    "points",
    [
        None, {}, [{}], ["x"], [{"z": []}], [{"z": [float("nan"), 0]}], [{"z": [1e400, 0]}], [{"z": [None, 0]}],
        [{"z": ["a", "b"]}], [{"z": [1, 2, 3]}], [{"z": [0] * 2000}], [{"z": [0, 0], "truncation": float("inf")}],
        [{"z": [0, 0], "other": [1]}], [{"z": [0, 0], "extra": 1}], [{"z": [0, 0]}] * 600,
        [{"z": [0, 0], "label": "a"}], [{"z": [0, 0], "mix_from": -1}], [{"z": [1e308, 0]}],
        [{"z": [0, 0], "label": 2**70}], [{"z": [0, 0], "label": -1}], [{"z": [0, 0], "truncation": 9}],
        [{"z": ["0", "0"]}], [{"z": [True, 0]}], [{"z": [0, 0], "label": "1"}], [{"z": [0, 0], "mix_from": 900}],
    ],
)  # fmt: skip
def test_a_position_that_is_none_is_a_sentence(vae: Run, points: Any) -> None:
    with pytest.raises(DataError) as raised:
        latent_api.decode_points(vae.name, None, points)
    assert all(isinstance(one, int) for one in raised.value.message["values"].values())  # no English in a blank


def test_truncation_scales_the_code(trained: Trained) -> None:
    run = trained("vae")
    z = session.code_of_seed(run, None, 1)
    half, scaled, none, mean = session.decode_points(
        run,
        None,
        session.parse_points(
            [{"z": z, "truncation": 0.5}, {"z": [x / 2 for x in z]}, {"z": z, "truncation": 0}, {"z": [0, 0]}]
        ),
    )
    np.testing.assert_array_equal(half, scaled)
    np.testing.assert_array_equal(none, mean)


def test_styles_mix_by_layer_and_classes_are_asked_for(style_gan: Run) -> None:
    told = session.describe(style_gan, None)
    assert told["layers"] >= 2 and len(told["class_names"]) == 10 and not told["encodes"]
    a, b = (session.code_of_seed(style_gan, None, seed) for seed in (1, 2))

    def drawn(**more: Any) -> np.ndarray:
        (picture,) = session.decode_points(style_gan, None, session.parse_points([{"z": a, "label": 3, **more}]))
        return np.asarray(picture)

    np.testing.assert_array_equal(drawn(other=b, mix_from=told["layers"]), drawn())
    np.testing.assert_array_equal(drawn(other=b, mix_from=0), drawn(z=b))
    assert not np.array_equal(drawn(other=b, mix_from=1), drawn())
    assert not np.array_equal(drawn(label=4), drawn())
    with pytest.raises(DataError, match="classes"):
        drawn(label=10)


def test_a_model_with_one_way_in_ignores_a_second_code(trained: Trained) -> None:
    run = trained("vae")
    plain, mixed = session.parse_points([{"z": [1, 2]}, {"z": [1, 2], "other": [3, 4], "mix_from": 1}])
    np.testing.assert_array_equal(session.decode_points(run, None, [plain]), session.decode_points(run, None, [mixed]))


def test_runs_that_make_no_pictures_are_refused(trained: Trained, tmp_path: Path) -> None:
    points = tiny("vae", data="points", likelihood="gaussian")
    run = Run.create(points.changed({"steps": 1}), tmp_path / "points")
    fit(run)
    for other in (trained("gpt"), run):
        with pytest.raises(RunError, match="no pictures"):
            session.describe(other, None)


def test_directions_are_kept_and_named_ones_stay(vae: Run) -> None:
    first = latent_api.list_directions(vae.name, None)
    assert first["learned"] is None and first["found"] and len(first["found"]) <= 2
    job = latent_api.learn_directions(vae.name, None)
    learned = ended(job, "done")["result"]
    assert latent_api.list_directions(vae.name, None)["learned"] == learned

    made = latent_api.name_direction(vae.name, None, "  taller \n and thinner ", [3.0, -4.0])
    assert made["name"] == "taller and thinner" and made["effect"] > 0
    np.testing.assert_allclose(made["vector"], [0.6, -0.8])
    assert latent_api.list_directions(vae.name, None)["own"] == [made]
    latent_api.delete_direction(vae.name, made["id"])
    turned = latent_api.name_direction(
        vae.name, None, "a\u202eb\x00c\u2066d", [1, 0]
    )  # a line that would run backwards
    assert turned["name"] == "abcd"
    latent_api.delete_direction(vae.name, turned["id"])
    assert latent_api.list_directions(vae.name, None)["own"] == []
    for name, vector in (
        ("", [1, 0]),
        ("\u202e", [1, 0]),
        ("x", [0, 0]),
        ("x", [1]),
        ("x", None),
        ("x", [1, float("nan")]),
    ):
        with pytest.raises(DataError):
            latent_api.name_direction(vae.name, None, name, vector)


def test_what_is_added_to_a_shipped_model_does_not_change_it(
    trained: Trained, own_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(trained("vae").path)
    monkeypatch.setattr(Run, "shipped", property(lambda self: True))
    before = sorted(one.name for one in run.path.iterdir())
    direction_store.name_direction(run, None, "mine", [1.0, 0.0])
    assert sorted(one.name for one in run.path.iterdir()) == before
    assert direction_store.list_directions(run, None)["own"][0]["name"] == "mine"
    assert list((own_place / "runs" / ".additions").iterdir())


def test_damaged_directions_are_found_anew(vae: Run) -> None:
    found = latent_api.list_directions(vae.name, None)["found"]
    for file in vae.additions.glob("directions-found-*"):
        file.write_text("{")
    assert latent_api.list_directions(vae.name, None)["found"] == found


def test_the_map_has_the_pictures_of_its_places(vae: Run) -> None:
    sheet = latent_api.decode_plane(vae.name, None, {"z": [5, 5]}, [1, 0], [0, 1], 2.0, 3)
    rows = np.frombuffer(sheet["pixels"], np.uint8).reshape(sheet["shape"])
    places = [{"z": [x, y]} for y in (2, 0, -2) for x in (-2, 0, 2)]
    one_by_one = session.decode_points(vae, None, session.parse_points(places))
    np.testing.assert_allclose(rows.astype(int), one_by_one, atol=1)
    for wrong in ({"side": 99}, {"reach": 0.0}, {"up": [1, 0, 0]}):
        with pytest.raises(DataError):
            latent_api.decode_plane(
                **{"name": vae.name, "step": None, "origin": {"z": [0, 0]}, "across": [1, 0], "up": [0, 1],
                   "reach": 2.0, "side": 3} | wrong
            )  # fmt: skip


def test_classes_lie_where_the_encoder_puts_them(vae: Run) -> None:
    cloud = latent_api.class_cloud(vae.name, None)
    assert cloud is not None and cloud["real"]
    assert len(cloud["codes"]) == len(cloud["labels"]) > 100 and cloud["names"] == [str(i) for i in range(10)]
    _, family = session.open_model(vae, None)
    data = training_data.training_images(family)
    z, _ = image_search.encode_image(vae, None, data.validation[3].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(cloud["codes"][3], z, atol=2e-3)
    assert cloud["labels"][3] == data.validation_labels[3]  # type: ignore[index]
    assert latent_api.class_cloud(vae.name, None) == cloud  # the second time from the file


def png_of(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def drawing() -> np.ndarray:
    page = np.zeros((300, 400), np.uint8)
    page[60:240, 300:330] = 255
    page[60:90, 200:330] = 255
    return page


def test_a_drawing_is_framed_as_mnist_is() -> None:
    made = upload.framed(png_of(drawing()), (1, 28, 28), "stroke")[..., 0].astype(float)
    rows, columns = np.flatnonzero(made.max(1) > 40), np.flatnonzero(made.max(0) > 40)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    centre = [(made.sum(1 - axis) * np.arange(28)).sum() / made.sum() for axis in (0, 1)]
    np.testing.assert_allclose(centre, 14, atol=0.6)  # where the mass of every MNIST digit lies
    on_white = upload.framed(png_of(255 - drawing()), (1, 28, 28), "stroke")[..., 0]
    np.testing.assert_allclose(on_white, made, atol=1)
    filled = upload.framed(png_of(drawing()), (1, 28, 28), "object")[..., 0]
    assert np.ptp(np.flatnonzero(filled.max(1) > 40)) + 1 == 28
    assert upload.framed(png_of(drawing()), (3, 64, 64), "stroke").shape == (64, 64, 3)


@pytest.mark.skipif("not __import__('os').environ.get('AIGC_DATA')", reason="needs MNIST under $AIGC_DATA/images")
def test_real_mnist_digits_pass_the_framing_nearly_unchanged() -> None:
    from torchvision import datasets

    from aigc_core.data.download import local_data

    digits = np.asarray(datasets.MNIST(str(local_data("images")), train=False).data[:50])
    for digit in digits:
        large = np.asarray(Image.fromarray(np.pad(digit, 20)).resize((340, 340), Image.Resampling.NEAREST))
        again = upload.framed(png_of(large), (1, 28, 28), "stroke")[..., 0]
        assert np.corrcoef(again.ravel(), digit.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no picture", png_of(drawing())[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png_of(np.zeros((50, 50), np.uint8)), png_of(np.full((50, 50), 255, np.uint8)),
    ],
)  # fmt: skip
def test_an_upload_that_is_no_picture_is_a_sentence(vae: Run, content: bytes) -> None:
    with pytest.raises(DataError):
        latent_api.image_from_upload(vae.name, None, content)


@pytest.mark.parametrize(
    ("mode", "size"), [("1", (20_000, 20_000)), ("L", (39_000_000, 1)), ("RGBA", (6300, 6300)), ("I;16", (1, 30_000))]
)
def test_an_enormous_picture_is_refused_at_once(vae: Run, mode: str, size: tuple[int, int]) -> None:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    start = time.perf_counter()
    with pytest.raises(DataError, match="million pixels"):
        latent_api.image_from_upload(vae.name, None, buffer.getvalue())
    assert time.perf_counter() - start < 2


def test_a_large_photograph_is_taken(vae: Run) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.kron(drawing(), np.ones((18, 18), np.uint8))).save(buffer, "JPEG")  # 39 million pixels
    assert latent_api.image_from_upload(vae.name, None, buffer.getvalue())["point"] is not None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # Pillow tells the log of the damage
def test_damaged_notes_in_a_photograph_do_not_matter(vae: Run) -> None:
    buffer, notes = io.BytesIO(), Image.Exif()
    notes[0x0112] = 6  # turned
    Image.fromarray(drawing()).save(buffer, "JPEG", exif=notes)
    content = buffer.getvalue()
    place = content.index(b"Exif")
    for start in range(place + 6, place + 30):
        damaged = content[:start] + b"\xff\x00\xff" + content[start + 3 :]
        assert latent_api.image_from_upload(vae.name, None, damaged)["picture"]


def test_an_upload_is_encoded_and_drawn_again(vae: Run) -> None:
    answer = latent_api.image_from_upload(vae.name, None, png_of(drawing()))
    assert answer["picture"]["shape"] == [1, 28, 28, 1]
    picture = np.frombuffer(answer["picture"]["pixels"], np.uint8).reshape(28, 28, 1)
    assert answer["point"] is not None
    assert answer["point"]["z"] == image_search.encode_image(vae, None, picture)[0]


def test_a_search_repairs_keeps_what_is_visible_and_can_be_cancelled(vae: Run) -> None:
    (picture,) = session.decode_points(vae, None, session.parse_points([{"z": [0.5, -1.0]}]))
    sent = {"pixels": picture.tobytes(), "shape": list(picture.shape)}
    hidden = np.zeros((28, 28), np.uint8)
    hidden[:, 14:] = 1
    result = ended(latent_api.project_image(vae.name, None, sent, hidden.tobytes(), 1), "done")["result"]
    filled = np.frombuffer(result["filled"]["pixels"], np.uint8).reshape(28, 28, 1)
    np.testing.assert_array_equal(filled[:, :14], picture[:, :14])
    assert np.abs(filled[:, 14:].astype(int) - picture[:, 14:]).mean() < 10  # the model knows this one
    assert result["error"] < 0.03

    small = ended(latent_api.project_image(vae.name, None, sent, None, 2), "done")["result"]
    assert small["small"]["shape"] == [1, 14, 14, 1] and small["filled"]["shape"] == [1, 28, 28, 1]
    np.testing.assert_array_equal(
        np.frombuffer(small["small"]["pixels"], np.uint8).reshape(14, 14),
        np.round(picture[..., 0].reshape(14, 2, 14, 2).mean((1, 3))),
    )

    job = latent_api.project_image(vae.name, None, sent, None, 1)
    jobs.cancel(job)
    assert ended(job, "cancelled")["result"] is None
    whole = ended(latent_api.project_image(vae.name, None, sent, bytes([1]) * 784, 1), "failed")
    assert "visible" in whole["error"]["text"]
    for shape in ([1, 1, 1], [27, 27, 1], [14, 14, 1], [28, 28, 3]):
        odd = {"pixels": bytes(shape[0] * shape[1] * shape[2]), "shape": shape}
        for shrink in (1, 2):
            failed = ended(latent_api.project_image(vae.name, None, odd, None, shrink), "failed")
            assert failed["error"]["key"] in ("explore.wrong_picture", "explore.no_picture")
        assert (
            ended(latent_api.nearest_training_images(vae.name, None, odd), "failed")["error"]["key"]
            == "explore.wrong_picture"
        )
    for wrong in (
        {},
        {"pixels": b"1", "shape": [28, 28, 1]},
        {"pixels": b"", "shape": [0, 0, 0]},
        {"pixels": 3},
        {"pixels": bytes(784), "shape": [True, 28, 28]},
        {"pixels": bytes(784), "shape": [28, 28, 1, None]},
    ):
        with pytest.raises(DataError):
            latent_api.project_image(vae.name, None, wrong, None, 1)


def test_a_training_picture_is_recognised_as_one(vae: Run) -> None:
    _, family = session.open_model(vae, None)
    data = training_data.training_images(family)
    known = data.train[17].permute(1, 2, 0).numpy()
    found = image_search.nearest_training_images(vae, None, known, lambda *a: None)
    assert found["distances"][0] == 0 and found["distances"] == sorted(found["distances"])
    np.testing.assert_array_equal(found["pictures"][0], known)
    low, middle, high = found["usual"]
    assert 0 < low < middle < high and found["data"] == "digits8" and found["count"] == len(data.train)
    assert found["own"]
    noise = np.random.default_rng(0).integers(0, 256, known.shape, np.uint8)
    assert image_search.nearest_training_images(vae, None, noise, lambda *a: None)["distances"][0] > high


def test_data_that_is_not_here_is_never_fetched_for_a_look(
    vae: Run, monkeypatch: pytest.MonkeyPatch, own_place: Path
) -> None:
    monkeypatch.delenv("AIGC_DATA", raising=False)
    monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: own_place)
    monkeypatch.setattr("urllib.request.urlopen", lambda *a, **k: pytest.fail("asked the internet"))
    values = json.loads((vae.path / "config.json").read_text())
    _, family = session.open_model(vae, None)
    picture = np.zeros((28, 28, 1), np.uint8)
    monkeypatch.setattr(family, "config", family.config.changed({"data": "fashion"}))
    with pytest.raises(DataError, match=r"not on this machine, so nothing can be compared\.$"):
        image_search.nearest_training_images(vae, None, picture, lambda *a: None)
    monkeypatch.setattr(family, "config", family.config.changed({"data": "mnist"}))
    alike = image_search.nearest_training_images(vae, None, picture, lambda *a: None)
    assert alike["data"] == "digits" and not alike["own"]  # and says so
    assert values["config"]["data"] == "digits8"


def test_a_journey_goes_through_its_stops(vae: Run) -> None:
    stops: list[dict[str, Any]] = [{"z": [0.5, 1]}, {"z": [-1, 2]}, {"z": [2, -2]}]
    for place, stop in ((0.0, 0), (0.5, 1), (1.0, 2)):
        for kind in ("linear", "spherical"):
            travelled, still = (
                latent_api.interpolate(vae.name, None, stops, place, kind),
                latent_api.decode_points(vae.name, None, [stops[stop]]),
            )
            assert travelled["picture"] == still == latent_api.decode_points(vae.name, None, [travelled["point"]])
    mistakes: list[tuple[list[dict[str, Any]], str]] = [
        ([stops[0]], "linear"), (stops, "zigzag"), ([stops[0], {"z": [1, 2, 3]}], "linear"),
    ]  # fmt: skip
    for wrong, kind in mistakes:
        with pytest.raises(DataError):
            latent_api.interpolate(vae.name, None, wrong, 0.5, kind)


def test_arithmetic_is_that_of_the_codes(vae: Run) -> None:
    made = latent_api.combine_points({"z": [1, 2]}, {"z": [0.5, 0.5]}, {"z": [3, -1], "label": None})
    assert made["z"] == [3.5, 0.5]
    for a, b in (({"z": [1, 2]}, {"z": [1]}), ({"z": [9000, 0]}, {"z": [-9000, 0]})):
        with pytest.raises(DataError):
            latent_api.combine_points(a, b, {"z": [1, 2]})


def test_taking_away_and_adding_the_same_changes_nothing(style_gan: Run) -> None:
    a, b = (session.code_of_seed(style_gan, None, seed) for seed in (1, 2))
    (c,) = session.parse_points([{"z": a, "other": b, "mix_from": 1, "truncation": 0.3}])
    before, after = session.decode_points(style_gan, None, [c, interpolation.combine_points(c, c, c)])
    np.testing.assert_allclose(after.astype(int), before, atol=1)


def test_a_saved_picture_brings_its_place_back(vae: Run) -> None:
    point = {"z": [0.25, -1.5], "truncation": 0.8}
    file = latent_api.picture_file(vae.name, None, point, label="en", seed=5)
    assert file["type"] == "image/png" and file["name"].endswith(".png")
    back = latent_api.read_recipe(file["content"])
    assert (back["run"], back["seed"], back["step"]) == (vae.name, 5, session.describe(vae, None)["step"])
    assert latent_api.decode_points(back["run"], back["step"], [back["point"]]) == latent_api.decode_points(
        vae.name, None, [point]
    )


def test_a_recipe_from_elsewhere_is_a_sentence(vae: Run) -> None:
    from aigc_core.media import provenance

    square = np.zeros((28, 28, 1), np.uint8)
    for recipe in (
        {"run": "gone", "step": 1, "point": {"z": [0, 0]}}, {"run": "../../etc", "step": 1, "point": {"z": [0, 0]}},
        {"run": vae.name, "step": 999, "point": {"z": [0, 0]}}, {"run": vae.name, "step": 12, "point": {"z": "x"}},
        {"run": 3}, {"run": vae.name, "step": 12}, {"run": vae.name, "step": 2**70, "point": {"z": [0, 0]}},
        {"run": "\ud800", "step": 1, "point": {"z": [0, 0]}}, {"run": "é" * 200, "step": 1, "point": {"z": [0, 0]}},
    ):  # fmt: skip
        with pytest.raises(AigcError):
            latent_api.read_recipe(provenance.png(square, recipe))


@pytest.mark.parametrize(("form", "kind"), [("gif", "image/gif"), ("mp4", "video/mp4"), ("strip", "image/png")])
def test_journeys_are_saved(vae: Run, form: Form, kind: str) -> None:
    stops = [{"z": [0, 0]}, {"z": [1, 1]}]
    file = ended(latent_api.journey_file(vae.name, None, form, stops, seconds=1, kind="linear", label="zh"), "done")[
        "result"
    ]
    assert file["type"] == kind and len(file["content"]) > 500
    if form == "gif":
        with Image.open(io.BytesIO(file["content"])) as film:
            assert film.n_frames >= 18  # type: ignore[attr-defined]  # like neighbours may be merged
    for seconds in (0.0, 31.0, float("nan")):
        with pytest.raises(DataError):
            latent_api.journey_file(vae.name, None, form, stops, seconds=seconds, kind="linear")


@pytest.mark.parametrize(("form", "after"), [("gif", 0.0), ("gif", 0.5), ("mp4", 0.5)])
def test_a_film_ends_when_it_is_cancelled_while_drawn_or_encoded(vae: Run, form: Form, after: float) -> None:
    stops = [{"z": [0, 0]}, {"z": [1, 1]}]
    job = latent_api.journey_file(vae.name, None, form, stops, seconds=30, kind="linear", label="en")
    while jobs.state(job)["part"] <= after:
        time.sleep(0.002)
    jobs.cancel(job)
    assert ended(job, "cancelled")["part"] < 1


def test_a_run_deleted_meanwhile_is_a_sentence(vae: Run) -> None:
    name = vae.name
    vae.path.unlink()
    with pytest.raises(RunError, match="no run"):
        latent_api.decode_points(name, None, [{"z": [0, 0]}])


def test_the_page_lists_picture_runs_only(vae: Run, trained: Trained, own_place: Path) -> None:
    (own_place / "runs" / "words").symlink_to(trained("gpt").path)
    own = [one for one in run_views.models("decodes_latent") if not one["shipped"]]
    assert [one["name"] for one in own] == ["tiny"]


def test_nonsense_of_any_kind_is_a_sentence_that_json_can_carry(vae: Run) -> None:
    from pages import latent as page

    nonsense: list[object] = [
        None, [], 3, "x", {"run": "../.."}, {"run": "\ud800"}, {"run": "é" * 200}, {"run": vae.name, "step": 2**70},
        {"run": vae.name, "points": 5}, {"run": vae.name, "file": "é"}, {"run": vae.name, "file": "A"}, {"run": {}},
        {"run": vae.name, "point": [], "form": "png"}, {"run": vae.name, "form": "gif", "stops": [], "seconds": 1},
        {"run": vae.name, "name": "bad\ud800", "vector": [0, 0]},
        {"run": vae.name, "vector": [1e308, 1e308], "name": "x"},
        {"run": vae.name, "picture": {"pixels": "AAAA", "shape": [1e9, 1, 1]}}, {"job": 5}, {"job": "none"},
        {"run": vae.name, "seed": 2**90, "step": -5}, {"a": {"z": [1]}, "b": 3}, {"run": vae.name, "side": 10**9},
    ]  # fmt: skip
    functions = (
        "describe", "draw", "code_of_seed", "directions", "name_direction", "plane", "cloud", "journey", "combine",
        "upload", "search", "neighbours", "job", "cancel", "save", "film", "reopened", "forget_direction",
    )  # fmt: skip
    for function in functions:
        for values in nonsense:
            answer = page.FUNCTIONS[function](values)
            json.dumps(answer).encode()
            assert answer["ok"] or answer["error"]["key"] != "unexpected", (function, values)


def test_the_page_answers_in_plain_json(vae: Run) -> None:
    from pages import latent as page

    drawn = page.FUNCTIONS["draw"]({"run": vae.name, "step": None, "points": [{"z": [0, 0]}]})
    json.dumps(drawn)
    assert len(base64.b64decode(drawn["value"]["pixels"])) == 784
    job = page.FUNCTIONS["learn"]({"run": vae.name})["value"]
    json.dumps(ended(job, "done"))
    assert jobs.state(job)["state"] == "done"
