"""What the machine says of itself is what the system says."""

import os

from app.lab.machine import cpu_name, has_wide_int8


def test_the_processor_has_a_name():
    assert cpu_name()
    assert "\n" not in cpu_name()
    assert str(os.cpu_count()) in cpu_name() or "cores" not in cpu_name()


def test_wide_products_of_small_numbers_are_there_or_not():
    assert has_wide_int8() in (True, False)
