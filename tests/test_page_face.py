"""A page carries its own characters as a font: those asked for, drawn as the packaged face draws them."""

import base64
import io
import re
import sys
from concurrent.futures import ThreadPoolExecutor

from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from src.analysis.charts.style import FONTS
from src.reports.page import page


def font_of(rule):
    return TTFont(io.BytesIO(base64.b64decode(re.search(r"base64,([^)]+)", rule)[1])))


def drawn(font, character):
    pen = RecordingPen()
    font.getGlyphSet()[font.getBestCmap()[ord(character)]].draw(pen)
    return pen.value, font["hmtx"][font.getBestCmap()[ord(character)]]


def test_characters_are_drawn_as_the_whole_face_draws_them():
    font, whole = font_of(page.font_face("龙岗区“26.15%”")), TTFont(FONTS / page.FACE)
    assert set(map(chr, font.getBestCmap())) == set("龙岗区“26.15%”")
    for code in font.getBestCmap():
        assert drawn(font, chr(code)) == drawn(whole, chr(code))


def test_what_the_face_lacks_is_left_to_the_readers_fonts():
    assert list(map(chr, font_of(page.font_face("龙🐉")).getBestCmap())) == ["龙"]


def test_two_pages_at_once_get_whole_fonts():
    text = "龙岗区社区治理“参与”与警情走势，2021年1—9月"
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            page._whole.cache_clear()
            page._whole()  # its tables are not read yet
            with ThreadPoolExecutor(4) as pool:
                made = list(pool.map(page.font_face, [text] * 4))
            assert len(set(made)) == 1
    finally:
        sys.setswitchinterval(interval)


def test_no_glyph_has_flags_for_which_a_browser_refuses_the_whole_font():
    glyphs = TTFont(FONTS / page.FACE)["glyf"]
    outlines = [glyphs[name] for name in glyphs.glyphOrder if glyphs[name].numberOfContours > 0]
    assert not any(flag & 0x40 for glyph in outlines for flag in glyph.flags[1:])


def test_the_letters_of_all_streets_are_carried_where_a_page_leads_to_streets(on_sample):
    assert set("坂坪") <= page.letters_of_links(True) - page.letters_of_links(False)
