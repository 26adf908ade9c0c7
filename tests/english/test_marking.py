"""Chinese on an English page gets its language, once, wherever it stands."""

from core.web.marking import mark_chinese


def test_chinese_is_marked_where_it_stands() -> None:
    assert mark_chinese("<p>Hall 市政 desk</p>") == '<p>Hall <span lang="zh-CN">市政</span> desk</p>'
    assert mark_chinese("<svg><text>市政</text></svg>") == '<svg><text><tspan lang="zh-CN">市政</tspan></text></svg>'


def test_what_is_marked_already_or_holds_no_element_is_left_alone() -> None:
    for page in ('<p lang="zh-CN">市<b>政</b></p>', "<option>市政</option>", "<p title=市政>x</p>"):
        assert mark_chinese(page) == page


def test_a_box_that_is_marked_ends_where_it_begins() -> None:
    box = '<input name="a" value="市政" lang="zh-CN">'
    assert mark_chinese(f"{box}<p>市政</p>") == f'{box}<p><span lang="zh-CN">市政</span></p>'
    assert mark_chinese('<p lang="zh-CN">市<br>政</p>市') == '<p lang="zh-CN">市<br>政</p><span lang="zh-CN">市</span>'
