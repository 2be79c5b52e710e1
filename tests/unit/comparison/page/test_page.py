"""The comparison's page, of figures that are made up."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from comparison import counts, guide, measured, page, rendering
from comparison.measured import Interval
from comparison.page import growing, times
from comparison.page.bundle import bundle
from comparison.page.figure import Badge, Figure
from comparison.page.rushes import Rushes
from comparison.prices import Prices
from comparison.tables import table
from local.variants import VARIANTS
from tests.unit.comparison.page import made_up
from tests.unit.comparison.page.document import Element, parse


@pytest.fixture(scope="module")
def document(html: str) -> Element:
    return parse(html)


def policy(document: Element) -> str:
    (meta,) = document.all("meta", http_equiv="Content-Security-Policy")
    return meta.attributes["content"]


def digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def within(html: str, element: str) -> str:
    (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
    return str(inside)


def test_only_the_bundled_script_and_style_may_run(html: str, document: Element) -> None:
    directives = [each.strip() for each in policy(document).split(";")]

    assert directives == [
        "default-src 'none'",
        f"script-src {digest(within(html, 'script'))}",
        f"style-src {digest(within(html, 'style'))}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_a_file_more_is_bundled_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("live.js", "chooser.js", "page.css", "live.css"):
        (tmp_path / name).write_text(f"/* {name} */")
    both = bundle(tmp_path)

    assert both.script == "/* chooser.js */\n/* live.js */"
    assert both.style == "/* live.css */\n/* page.css */"
    assert digest(both.script) in both.policy
    assert digest(both.style) in both.policy


@pytest.mark.parametrize("text", ["'</script>'", "'</STYLE>'", "'<!--'"])
def test_a_file_that_would_end_its_element_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "live.js").write_text(text)

    with pytest.raises(ValueError, match="would end the element"):
        bundle(tmp_path)


def test_nothing_is_loaded_from_anywhere(document: Element) -> None:
    loading = {"src", "srcset", "data", "action", "poster", "background", "xlink:href"}
    elements = {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "audio",
        "video",
        "base",
        "image",
        "use",
    }

    assert not document.having(lambda each: bool(loading & each.attributes.keys()))
    assert not document.having(lambda each: each.name in elements)
    assert "@import" not in bundle().style
    assert "url(" not in bundle().style


def test_no_element_has_a_style_or_a_handler_of_its_own(document: Element) -> None:
    assert not document.having(lambda each: "style" in each.attributes)
    assert not document.having(lambda each: any(key.startswith("on") for key in each.attributes))


def test_ids_are_used_once(document: Element) -> None:
    ids = [each.attributes["id"] for each in document if "id" in each.attributes]

    assert len(ids) == len(set(ids))
    links = [each.attributes["href"] for each in document.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_a_page_of_the_same_is_the_same(html: str, rushes: Rushes) -> None:
    prices = Prices.of("us-east-1")
    again = page.render(made_up.measured(), counts.load(), prices, made_up.failures(), rushes)

    assert again == html


def test_the_run_is_named(document: Element) -> None:
    (run,) = document.all("dl", **{"class": "run"})

    for expected in ("1999-12-31 (made up)", "0000000", "no machine", "14 min, 3 rounds"):
        assert expected in run.text


def test_every_figure_says_how_it_was_obtained(document: Element) -> None:
    figures = document.having(lambda each: each.name == "article" and "figure" in each.classes)
    known = {f"b-{badge.slug}" for badge in Badge}

    assert len(figures) > 10
    for figure in figures:
        badges = figure.having(lambda each: "badge" in each.classes)
        assert badges, figure.text
        assert all(known & set(badge.classes) for badge in badges)


def test_each_way_to_obtain_a_figure_is_used_and_explained(document: Element) -> None:
    (explained,) = document.all("aside")
    used = {each.text for f in document.all("article") for each in f if "badge" in each.classes}

    assert {each.text for each in explained if "badge" in each.classes} == {*Badge}
    assert used == {*Badge}


def test_a_figure_that_does_not_say_how_it_was_obtained_is_refused() -> None:
    with pytest.raises(ValueError, match="how it was obtained"):
        Figure("one", "One", badges=[], table=table([], []))


def test_every_drawing_is_told_in_words(document: Element) -> None:
    for drawing in document.all("svg"):
        (title, *_) = drawing.all("title")
        assert " ".join(drawing.attributes["aria-label"].split()) == title.text
        assert len(title.text) > 5


def test_every_figure_of_charts_has_a_table(document: Element) -> None:
    for figure in document.having(lambda each: "figure" in each.classes):
        assert figure.all("table")


def test_whatever_is_simulated_is_said_to_be(document: Element) -> None:
    (section,) = document.all("section", id="simulation")
    captions = [each.text for each in section.all("figcaption")]

    assert captions
    assert all(caption.startswith("Simulated") for caption in captions)


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("decouple", {"customer", "sales"}),
        ("apigw-single", {"payments", "customer", "sales", "communication"}),
        ("apigw-multiple", {"payments", "customer", "sales", "communication"}),
        ("pubsub-sns", {"payments", "customer", "sales", "communication"}),
        ("pubsub-three-events", {"payments", "customer", "sales", "communication"}),
        ("pubsub-one-event", {"payments", "customer", "sales", "communication"}),
    ],
)
def test_a_diagram_names_the_services_that_there_are(
    document: Element, name: str, services: set[str]
) -> None:
    (diagram,) = document.all("figure", data_variant=name)
    named = [
        each.attributes["data-service"] for each in diagram if "data-service" in each.attributes
    ]

    assert "variant" in diagram.classes
    assert sorted(named) == sorted({"client", *services})
    assert bool(diagram.having(lambda each: "message-path" in each.classes)) == (
        not name.startswith("apigw")
    )


def test_the_live_view_has_its_place_after_the_diagrams(html: str) -> None:
    live = html.index('<section id="live" hidden></section>')

    assert html.rindex('<figure class="variant') < live < html.index('<section id="times">')


def test_overlapping_times_tie_and_are_said_to() -> None:
    groups = times.standings(
        {"decouple": made_up.around(40), "apigw-single": made_up.around(180),
         "apigw-multiple": made_up.around(186)}
    )  # fmt: skip

    assert groups == [["decouple"], ["apigw-single", "apigw-multiple"]]
    assert times.told(groups) == "decouple, then apigw-single and apigw-multiple (a tie)"


def test_times_of_this_machine_do_not_rank_the_channels() -> None:
    found = {
        "apigw-single": Interval(value=500, low=490, high=510),
        "pubsub-sns": Interval(value=1000, low=990, high=1010),
        "pubsub-three-events": Interval(value=3000, low=2900, high=3100),
        "pubsub-one-event": Interval(value=2000, low=1900, high=2100),
    }

    assert times.standings(found) == [["apigw-single"], [times.CHANNELS]]


def test_the_page_says_the_ties(document: Element) -> None:
    (answered,) = document.all("article", id="answered")

    assert (
        "At 2 a second: decouple, then pubsub-*, then apigw-single and apigw-multiple (a tie)."
        in answered.text
    )


def test_the_channels_are_ranked_by_published_latencies(document: Element) -> None:
    (channels,) = document.all("article", id="channels")

    assert [each.text for each in channels if "badge" in each.classes] == ["published"]
    assert "ranks nothing" in channels.text


def test_text_of_a_run_is_text(rushes: Rushes) -> None:
    evil = made_up.measured().model_copy(update={"machine": "<script>alert(1)</script>"})

    html = page.render(evil, counts.load(), Prices.of("us-east-1"), None, rushes)

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_without_a_failure_matrix_the_page_has_no_failures(rushes: Rushes) -> None:
    html = page.render(made_up.measured(), counts.load(), Prices.of("us-east-1"), None, rushes)

    assert not parse(html).all("section", id="failure")


def test_what_the_failures_are_asked_first_is_shown_first(document: Element) -> None:
    (section,) = document.all("section", id="failure")
    shown = [each.attributes["id"] for each in section.all("article")]

    assert shown[:2] == ["sales-times-out", "sales-throttled"]


def test_a_service_that_is_down_is_another_cell_where_there_is_no_throttle(rushes: Rushes) -> None:
    failures = made_up.failures("sales-throws", "sales-times-out")
    html = page.render(made_up.measured(), counts.load(), Prices.of("us-east-1"), failures, rushes)
    (section,) = parse(html).all("section", id="failure")

    shown = [each.attributes["id"] for each in section.all("article")]
    assert shown == ["sales-times-out", "sales-throws", "every-fault"]


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_subscriber_more_is_counted_in_lines_of_the_template(name: str) -> None:
    service = {"decouple": "Sales", "apigw": "Communication", "pubsub": "Audit"}[guide.family(name)]

    assert 50 < growing.section_lines(VARIANTS[name].template, service) < 400


def test_the_chooser_s_data_is_the_guide_s(html: str) -> None:
    (text,) = re.findall(r'<script type="application/json" id="comparison">(.*?)</script>', html)
    data = json.loads(text)

    assert [each["id"] for each in data["criteria"]] == [each.id for each in guide.load().criteria]
    assert data["variants"].keys() == VARIANTS.keys()
    for variant in data["variants"].values():
        assert all(reason["badges"] for reason in variant["reasons"])
        assert any(reason["badges"][0][1] == "measured here" for reason in variant["reasons"])


def test_all_criteria_and_disadvantages_can_be_read_without_a_script(document: Element) -> None:
    (chooser,) = document.all("section", id="choose")
    asked = guide.load()

    for criterion in asked.criteria:
        (shown,) = chooser.all("fieldset", id=f"criterion-{criterion.id}")
        assert criterion.question in shown.text
        for quote in criterion.quotes:
            assert f"“{quote.text}”" in shown.text
        assert len(shown.all("input", type="radio", name=criterion.id)) == 3
    for pattern in asked.patterns:
        for disadvantage in pattern.disadvantages:
            assert disadvantage.text in chooser.text


def test_the_page_is_that_of_the_data_beside_it() -> None:
    """Where make compare has not run there is no page; where it has, the page is of its data."""
    assert page.FILE.exists() == measured.FILE.exists()
    if page.FILE.exists():
        found = rendering.evidence()
        assert found.measured is not None
        again = page.render(
            found.measured, found.counts, found.prices, found.failures, found.rushes
        )
        assert page.FILE.read_text() == again, "make it again: make page"
