"""Names of an archive that does not say how they are encoded."""

import unicodedata

import pytest

from aigc_core.data.archive_names import encoding_of


@pytest.mark.parametrize(
    ("encoding", "paths"),
    [
        ("gbk", ["猫/1.jpg", "狗/2.jpg"]),
        ("gbk", ["猫/a.png", "鹿/b.png"]),  # each valid UTF-8 as well: è and ¹
        ("gbk", ["猫/1.jpg"]),
        ("gbk", ["小/1", "校/2"]),  # С and У in Cyrillic
        ("gbk", ["蝴蝶/a", "麒麟/b", "蜻蜓/c"]),
        ("gbk", ["张镕/a.png", "李喆/b.png"]),  # characters beyond GB 2312
        ("gbk", ["新建文件夹/猫咪/图片 (1).jpg"]),
        ("gbk", ["猫（可爱）/1.jpg", "“狗”、《狼》/2.jpg", "花·草/3", "１/4"]),
        ("gbk", ["IMG_猫1.jpg"]),
        ("utf-8", ["猫/1.jpg", "狗/2.jpg"]),
        ("utf-8", [unicodedata.normalize("NFD", "café/1.jpg"), unicodedata.normalize("NFD", "für/2.jpg")]),
        ("utf-8", ["für/1", "naïve/2"]),  # 眉 and 茂 in GBK
        ("utf-8", ["кошка/1", "собака/2"]),
        ("utf-8", ["γάτα/1", "σκύλος/2"]),
        ("utf-8", ["고양이/1"]),
        ("utf-8", ["قطة/1", "كلب/1"]),
        ("cp950", ["貓/1", "狗/2"]),
        ("cp950", ["我的圖片/蝴蝶/1.jpg", "我的圖片/飛機/1.jpg"]),
        ("cp950", ["貓（黑）/1", "狗、狼/2"]),
        ("cp437", ["für/1", "Käse/2"]),
        ("cp437", ["élève/1", "señor/2"]),
        ("cp437", ["Vögel/1", "Hühner/2", "Straße/3"]),
        ("cp932", ["猫/1", "犬/2"]),
        ("cp932", ["新しいフォルダー/写真/1.jpg"]),
    ],
    ids=str,
)
def test_the_encoding_is_the_one_in_which_all_names_read_best(encoding: str, paths: list[str]) -> None:
    assert encoding_of(path.encode(encoding) for path in paths) == encoding


def test_names_of_ascii_are_as_they_are() -> None:
    assert b"cats/1.png".decode(encoding_of([b"cats/1.png"])) == "cats/1.png"
    assert encoding_of([]) == "utf-8"


def test_a_name_that_was_cut_off_does_not_change_the_others() -> None:
    names = [path.encode() for path in ("猫/1.jpg", "狗/2.jpg", "小猫的照片/3.jpg")]
    assert encoding_of([*names, "老虎".encode()[:-1]]) == "utf-8"
    names = [path.encode("gbk") for path in ("猫/1.jpg", "狗/2.jpg", "小猫的照片/3.jpg")]
    assert encoding_of([*names, "老虎".encode("gbk")[:-1]]) == "gbk"
