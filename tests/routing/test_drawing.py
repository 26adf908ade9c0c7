"""The picture and its words."""

import copy
import xml.etree.ElementTree as ET

from core.routing.service import compile_route, draw, outline, sentence, states_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_every_station_is_drawn_with_its_title(kit) -> None:
    spec = compile_route(kit.EXAMPLE)
    tree = parsed(draw(spec))
    titles = [t.text for t in tree.iter(f"{SVG}text") if t.get("class") == "t"]
    humans = [n.title for n in spec.walk() if n.kind != "parallel"]
    assert set(humans) <= set(titles)
    assert {"申报", "受理", "出具决定", "送达"} <= set(titles)
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "route-title route-desc"
    assert tree.find(f"{SVG}title").text == "食品经营许可的流程"
    assert "并联审批" in tree.find(f"{SVG}desc").text


def test_nothing_lies_outside_the_picture_and_nothing_is_styled_inline(kit) -> None:
    svg = draw(compile_route(kit.EXAMPLE))
    tree = parsed(svg)
    width, height = float(tree.get("width")), float(tree.get("height"))
    for circle in tree.iter(f"{SVG}circle"):
        assert 0 < float(circle.get("cx")) < width
        assert 0 < float(circle.get("cy")) < height
    centres = [(c.get("cx"), c.get("cy")) for c in tree.iter(f"{SVG}circle")]
    assert len(centres) == len(set(centres))
    assert all(0 <= float(t.get("y")) <= height for t in tree.iter(f"{SVG}text"))
    assert "style" not in svg and "<script" not in svg and " on" not in {k[:3] for e in tree.iter() for k in e.attrib}


def test_branches_that_do_not_happen_are_dashed(kit) -> None:
    spec = compile_route(kit.EXAMPLE)
    small = {"form": {"area": 86, "own_well": False}}
    large = {"form": {"area": 400, "own_well": True}}
    dashed = [sum(p.get("class") == "w off" for p in parsed(draw(spec, facts=facts)).iter(f"{SVG}path")) for facts in (small, large)]
    assert dashed[0] > dashed[1]
    off = {line.path for line in outline(spec, facts=small) if line.state == "off"}
    assert {"review.joint.fire", "review.joint.fire.opinion", "intake.check.fire", "review.joint.lab"} <= off
    assert not [line for line in outline(spec, facts=large) if line.state == "off"]


def test_the_state_of_a_case_marks_done_now_and_next(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, {"form": {"area": 86, "company_id": "x"}})
    assert states_of(walk.spec, walk.marking)["intake"] == "now"
    walk.act("intake", "accept")
    walk.do("hook_done", task=walk.no("review.credit"))
    state = states_of(walk.spec, walk.marking)
    assert (state["intake"], state["review.credit"], state["review.joint"], state["review.decide"]) == ("done", "done", "now", "next")
    assert state["review.joint.fire"] == "off"
    assert state["intake.check.fire"] == "off"
    tree = parsed(draw(walk.spec, state=state))
    assert [c.get("class") for c in tree.iter(f"{SVG}circle")].count("here") == 1
    assert "正在办理" in {line.small for line in outline(walk.spec, state=state)}


def test_titles_of_hostile_text_are_escaped(kit) -> None:
    doc = copy.deepcopy(kit.EXAMPLE)
    doc["title"] = '</title><script>alert("1")</script>'
    doc["review"]["nodes"]["decide"]["title"] = '"><img src=x onerror=alert(1)>'
    svg = draw(compile_route(doc), ident='x" onload="y')
    assert "<script" not in svg and "<img" not in svg and 'onload="' not in svg
    parsed(svg)


def test_every_node_reads_as_one_sentence_in_both_languages(kit) -> None:
    spec = compile_route(kit.EXAMPLE)
    for node in spec.walk():
        for locale in ("zh", "en"):
            said = sentence(spec, node, locale=locale, departments={"fire": "消防救援局"})
            assert node.title in said
            assert "{" not in said and "routing." not in said and "rules." not in said
            assert said.endswith("。") if locale == "zh" else said.endswith(".")
    assert "消防救援局的审查员" in sentence(spec, spec.nodes["review.joint.fire.opinion"], departments={"fire": "消防救援局"})


def test_the_outline_nests_branches_and_marks_untranslated_lines(kit) -> None:
    doc = {**kit.EXAMPLE, "translations": {"en": {"review.decide.title": "Decision"}}}
    spec = compile_route(doc)
    levels = {line.path: line.level for line in outline(spec)}
    assert (levels["review.joint"], levels["review.joint.fire"], levels["review.joint.fire.opinion"]) == (0, 1, 2)
    english = {line.path: line for line in outline(spec, locale="en")}
    assert english["delivery"].lang is None
    assert english["review.joint"].lang == "zh-CN"
    assert "Decision:" in english["review.decide"].words


def test_a_broken_route_can_still_be_drawn_for_the_one_who_mends_it(kit) -> None:
    doc = kit.route({"a": kit.step(actions={"x": {"title": "好", "to": "nowhere"}}), "b": kit.step(actions={"x": {"title": "好", "to": "b"}})})
    spec = compile_route(doc)
    parsed(draw(spec))
    assert outline(spec)


def test_stations_blocks_and_lanes_may_be_links_and_one_is_marked(kit) -> None:
    spec = compile_route(kit.EXAMPLE)
    tree = parsed(draw(spec, link=lambda path: f"?node={path}&x=1" if path.startswith("review.") else None, chosen="review.joint.fire.opinion"))
    links = list(tree.iter(f"{SVG}a"))
    nodes = {f"?node={node.path}&x=1" for node in spec.walk()}
    lanes = {f"?node={branch.scope.path}&x=1" for node in spec.walk() for branch in node.branches.values()}
    assert {link.get("href") for link in links} == nodes | lanes
    assert [link.get("href") for link in links if link.get("aria-current")] == ["?node=review.joint.fire.opinion&x=1"]
    assert tree.get("role") == "group", "what is in a picture cannot be reached"
    plain = draw(spec)
    assert "<a " not in plain
    assert len(list(tree.iter(f"{SVG}text"))) == plain.count("<text ")
