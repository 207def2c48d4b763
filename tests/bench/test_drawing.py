"""The drawings of the documentation: what they show, and that they are SVG."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest

from tests.bench.drawing import Panel, bars, lines, number

NAMES = {"svg": "http://www.w3.org/2000/svg"}


def drawn(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def test_every_point_has_its_value():
    panel = Panel("Memória", ["100", "300"], {"pss": [0.5, 0.25], "uss": [0.125, 0.1]})
    page = drawn(lines("<em teste>", [panel]))
    texts = {element.text for element in page.iterfind(".//svg:text", NAMES)}
    assert {"Memória", "100", "300", "0,50", "0,25", "<em teste>"} <= texts
    assert len(page.findall(".//svg:circle", NAMES)) == 4


def test_what_grows_in_proportion_is_a_straight_line():
    page = drawn(lines("", [Panel("", ["100", "300", "1000"], {"": [1.0, 3.0, 10.0]})]))
    points = [
        (float(one.attrib["cx"]), float(one.attrib["cy"])) for one in page.iterfind(".//svg:circle", NAMES)
    ]
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.pairwise(points)]
    assert slopes[0] == pytest.approx(slopes[1], rel=0.02)


def test_a_bar_is_as_high_as_its_value():
    page = drawn(bars("", [Panel("", ["a", "b", "c"], {"": [100.0, 50.0, None]})]))
    first, second = (float(one.attrib["height"]) for one in page.findall(".//svg:g/svg:rect", NAMES))
    assert first == pytest.approx(2 * second, rel=0.01)


@pytest.mark.parametrize(
    ("most", "top"), [(0.9, 1), (1.2, 1.5), (36, 40), (115, 150), (1000, 1500), (0, 1.5)]
)
def test_the_scale_ends_at_a_round_number(most: float, top: float):
    assert Panel("", ["a"], {"": [most]}).top == pytest.approx(top)


@pytest.mark.parametrize(("value", "said"), [(123.4, "123"), (12.34, "12,3"), (1.234, "1,23"), (0.0, "0,00")])
def test_numbers_have_as_many_digits_as_say_something(value: float, said: str):
    assert number(value) == said
