"""Settings read as sentences do, whatever a hyperparameter is."""

from app.report.page.wording import energy, memory, probability, setting, signed


def test_a_setting_names_what_was_varied() -> None:
    chosen = {"learning_rate": 0.001, "optimizer": "sgd", "narrow_vocabulary": True, "epochs": 3}
    assert setting(chosen, ("learning_rate", "optimizer")) == "learning rate 0.001, optimizer sgd"
    assert setting(chosen, ("narrow_vocabulary",)) == "narrow vocabulary true"
    assert setting({}, ("epochs",)) == ""


def test_options_are_read_one_by_one() -> None:
    names = ("optimizer_options",)
    options = {"optimizer_options": {"momentum": 0.8, "nesterov": True, "betas": [0.9, 0.99]}}
    assert setting(options, names) == "optimizer options momentum 0.8 and nesterov true and betas 0.9 0.99"
    assert setting({"optimizer_options": {}}, names) == "optimizer options as they are"


def test_sizes_and_energies_have_the_unit_they_are_best_said_in() -> None:
    assert [memory(size) for size in (16, 25_712, 4_500_000, 50_000_000, 3 * 2**30)] == [
        "16 B",
        "25 KiB",
        "4.3 MiB",
        "48 MiB",
        "3.00 GiB",
    ]
    assert [energy(joules) for joules in (0.25, 42.0, 4_200.0, 1.5e6, None)] == [
        "0.25 J",
        "42.0 J",
        "4.20 kJ",
        "1.50 MJ",
        "–",
    ]


def test_a_difference_has_its_sign_unless_it_rounds_to_nothing():
    assert [signed(value) for value in (0.0123, -0.0123, 0.0001, -0.0001, None)] == [
        "+0.012",
        "−0.012",
        "0.000",
        "0.000",
        "–",
    ]


def test_a_small_p_value_is_not_said_to_be_nothing():
    assert [probability(value) for value in (0.04, 0.0001, 1.0, None)] == ["0.040", "below 0.001", "1.000", "–"]
