"""Our writer of the text format says what the library's says."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from wppmt.metrics.text import Family, written


def parsed(text: str) -> list[object]:
    return list(text_string_to_metric_families(text))


def test_it_reads_as_the_library_s_own():
    registry = CollectorRegistry()
    Gauge("wppmt_x", "How much", registry=registry).set(0.1 + 0.2)
    by_name = Counter("wppmt_y", "How often", ["session", "why"], registry=registry)
    odd = 'a "b" \\ c\nd'
    by_name.labels("a", odd).inc(351_000_000)
    by_name.labels("b", "").inc(1e-9)
    ours = [
        Family("gauge", "x", "How much", (), {(): 0.1 + 0.2}),
        Family(
            "counter",
            "y_total",
            "How often",
            ("session", "why"),
            {("a", odd): 351_000_000, ("b", ""): 1e-9},
        ),
    ]
    assert parsed(written(ours)) == parsed(generate_latest(registry).decode())


def test_a_metric_without_lines_is_announced_all_the_same():
    assert written([Family("gauge", "x", "How much", ("a",), {})]) == (
        "# HELP wppmt_x How much\n# TYPE wppmt_x gauge\n"
    )


def test_others_get_their_turn_while_many_lines_are_written():
    pauses = []
    values = {(str(number),): 1.0 for number in range(1000)}
    said = written([Family("gauge", "x", "How much", ("a",), values)], lambda: pauses.append(1))
    assert said.count("\n") == 1002
    assert len(pauses) == 6
