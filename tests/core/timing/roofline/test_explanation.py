"""A low figure is explained by what is known of it."""

from __future__ import annotations

from core.timing.roofline.explanation import explanation


def test_a_low_figure_is_explained_by_load_threads_size_or_the_library() -> None:
    long, short = (2048, 4096), (256, 4096)
    assert explanation(90, 100, None, long, 50.0) is None
    assert "other programs used 50%" in str(explanation(80, 100, None, long, 50.0))
    assert "one thread alone reaches 90%" in str(explanation(60, 100, 0.9, long, 0.0))
    assert "side of 256 only, and longer ones, up to 4096, are slower" in str(
        explanation(60, 100, 0.5, short, None)
    )
    assert "no side longer than 512 was tried" in str(explanation(60, 100, 0.5, (256, 512), None))
    assert "library" in str(explanation(60, 100, None, long, 1.0))
    assert str(explanation(60, 100, None, long, 1.0)).startswith("60% of the FMA peak")
