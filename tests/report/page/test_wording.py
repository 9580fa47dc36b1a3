"""Settings read as sentences do, whatever a hyperparameter is."""

from app.report.page.wording import setting


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
