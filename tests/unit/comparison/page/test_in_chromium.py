"""The page in a real browser: headless Chromium, which CI installs from Debian's packages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from comparison import guide
from local.paths import STATE
from local.variants import VARIANTS
from tests import browser
from tests.browser import Page

SCREENSHOTS = STATE / "screenshots"
ANSWERS = [
    {"synchronous": True, "teams": True},
    {"overload": True, "many": False},
    {"many": True, "privacy": True, "facts": False},
    {"asynchronous": True},
    {"events": False},
    {},
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    program = browser.executable()
    if program is None:
        pytest.skip("no Chromium is installed (Debian's package: chromium)")
    with browser.browsing(program) as page:
        yield page


@pytest.fixture(scope="module")
def url(html: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(html)
    return file.as_uri()


def shown(page: Page) -> list[str]:
    """The variants that the chooser leads to, the cheapest first."""
    cards = '[...document.querySelectorAll("[data-variant-chosen]")]'
    found = page.run(f"{cards}.map((card) => card.dataset.variantChosen)")
    return [str(name) for name in found]


def give(page: Page, answers: dict[str, bool]) -> None:
    """These answers and no others."""
    page.run("document.getElementById('questions').reset()")
    for id, answer in answers.items():
        value = "yes" if answer else "no"
        page.run(f"document.querySelector('input[name={id}][value={value}]').click()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_shows_without_a_complaint_and_fits(
    chromium: Page, url: str, width: int, scheme: str
) -> None:
    before = len(chromium.complaints)
    chromium.show(url, width, scheme)
    chromium.run("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    chromium.screenshot(SCREENSHOTS / f"comparison-{width}-{scheme}.png")

    assert chromium.complaints[before:] == []
    assert chromium.run("document.documentElement.scrollWidth") == width
    assert chromium.run("document.querySelectorAll('main section').length") > 5


def test_the_two_schemes_are_two(chromium: Page, url: str) -> None:
    papers = []
    for scheme in ("light", "dark"):
        chromium.show(url, scheme=scheme)
        papers.append(chromium.run("getComputedStyle(document.body).backgroundColor"))

    assert len(set(papers)) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_what_it_stands_on(chromium: Page, url: str, scheme: str) -> None:
    """A contrast of 4.5 at least (WCAG 2.2, AA), of HTML's text and the drawings' names."""
    chromium.show(url, scheme=scheme)

    assert chromium.run(_CONTRASTS) == []


@pytest.mark.parametrize("answers", ANSWERS, ids=lambda answers: ",".join(answers) or "none")
def test_answers_lead_where_the_same_function_in_python_leads(
    chromium: Page, url: str, answers: dict[str, bool]
) -> None:
    chromium.show(url)
    give(chromium, answers)

    assert sorted(shown(chromium)) == sorted(guide.load().choose(answers))


def test_every_criterion_does_what_it_does_in_python(chromium: Page, url: str) -> None:
    asked = guide.load()
    chromium.show(url)
    for criterion in asked.criteria:
        for answer in (True, False):
            give(chromium, {criterion.id: answer})
            assert sorted(shown(chromium)) == sorted(asked.choose({criterion.id: answer}))


def test_a_variant_is_chosen_with_figures_and_the_guide_s_disadvantages(
    chromium: Page, url: str
) -> None:
    chromium.show(url)
    give(chromium, {"synchronous": True, "teams": False})
    chromium.screenshot(SCREENSHOTS / "comparison-chosen.png")
    told = str(chromium.run("document.getElementById('outcome').innerText"))

    assert "Your answers lead to apigw-single." in told
    assert "measured here" in told
    assert "list price" in told
    for each in next(p for p in guide.load().patterns if p.name == "apigw").disadvantages:
        assert each.text in told


def test_on_a_phone_the_outcome_is_told_beside_the_questions(chromium: Page, url: str) -> None:
    chromium.show(url, 360)
    give(chromium, {"synchronous": True, "teams": True})

    assert "apigw-multiple" in chromium.run("document.querySelector('.pointer').innerText")
    assert chromium.run("document.documentElement.scrollWidth") == 360


def test_an_answer_can_be_taken_back(chromium: Page, url: str) -> None:
    chromium.show(url)
    give(chromium, {"synchronous": True})
    chromium.run("document.querySelector('input[name=synchronous][value=\"\"]').click()")

    assert shown(chromium) == []


def test_the_chooser_can_be_worked_by_keyboard(chromium: Page, url: str) -> None:
    chromium.show(url)
    chromium.run("document.querySelector('input[name=synchronous]:checked').focus()")
    chromium.press("ArrowLeft", 37)  # to No
    chromium.press("ArrowLeft", 37)  # to Yes

    assert shown(chromium) == ["apigw-single", "apigw-multiple"]


def test_it_can_be_read_without_a_script(chromium: Page, url: str) -> None:
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.show(url)
        chromium.screenshot(SCREENSHOTS / "comparison-without-script.png")
        text = str(chromium.run("document.body.innerText"))
        answers = chromium.run("document.querySelector('.answers').offsetHeight")
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)

    assert answers == 0
    for criterion in guide.load().criteria:
        assert criterion.question in text
    assert all(name in text for name in VARIANTS)


def test_what_is_not_bundled_does_not_run(chromium: Page, html: str, tmp_path: Path) -> None:
    (tmp_path / "evil.html").write_text(
        html.replace("</body>", "<script>window.evil = 1</script></body>")
    )
    before = len(chromium.complaints)
    chromium.show((tmp_path / "evil.html").as_uri())

    assert chromium.run("typeof evil") == "undefined"
    assert "script-src" in json.dumps(chromium.complaints[before:])


_CONTRASTS = """
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const below = (text) => {  // a drawing's shape that the text stands on
    const shape = text.previousElementSibling;
    const filled =
      shape && ["tile", "service", "channel", "gateway"].some((c) => shape.classList.contains(c));
    return filled ? rgba(getComputedStyle(shape).fill) : under(text);
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || /^(script|style|title)$/i.test(element.tagName))
      continue;
    const drawn = element.tagName === "text";
    const style = getComputedStyle(element);
    const pair = [rgba(drawn ? style.fill : style.color), drawn ? below(element) : under(element)];
    const [light, dark] = pair.map(luminance).sort((one, other) => other - one);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(`${element.textContent.trim().slice(0, 40)}: ${contrast}`);
  }
  return [...new Set(found)];
})()
"""
