"""A facts file that does not fit the page is refused at the start, by name."""

import json

import pytest

from wppmt.simulator import facts
from wppmt.simulator.web_page import joined_script


def test_the_page_fits_the_facts_of_its_build() -> None:
    assert facts.load()["build"] in joined_script()


def test_facts_of_another_build_are_refused_by_name() -> None:
    modules = {name: names for name, names in facts.load()["modules"].items() if name != "WAWebMsgCollection"}
    with pytest.raises(facts.UnusableFacts, match=r"outro build \(2\.4000\.1\), sem WAWebMsgCollection"):
        joined_script({"build": "2.4000.1", "modules": modules})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"build": "1", "modules": {"WAWebCmd": [], "WAWebCmd": []}}', "duas vezes: WAWebCmd"),
        (json.dumps({"modules": {}}), "falta build"),
        ('{"build": ', "não são JSON"),
        ("[]", "falta build"),
    ],
)
def test_what_is_no_facts_file_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(facts.UnusableFacts, match=said):
        facts.read(text)
