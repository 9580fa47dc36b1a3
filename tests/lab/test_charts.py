"""Figures of a run can be read on any page."""

import re

import numpy as np

from app.lab.charts import plot_confusion


def test_the_numbers_of_a_confusion_matrix_do_not_take_the_colour_of_the_page():
    labels = np.array([0] * 60 + [1] * 40)
    predictions = np.array([0] * 55 + [1] * 45)
    svg = plot_confusion(labels, predictions, ["no", "yes"]).svg
    numbers = re.findall(r"<text ([^>]*)>(?:55|5|40|0)</text>", svg)
    assert len(numbers) == 4
    assert all(re.search(r"fill: ?#(111111|ffffff)", attributes) for attributes in numbers)
