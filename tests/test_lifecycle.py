"""A round is taken when there is a reason, step by step, and not twice."""

import contextlib
from datetime import UTC, datetime

import pytest

from app.errors import BenchmarkError, DataError
from app.lifecycle import carry_on, is_stale, look_around
from app.serving.lifecycle.file import Lifecycle, load_lifecycle
from app.serving.lifecycle.rounds import Round, RoundFolder, read_rounds, write_round
from app.serving.registry.registry import Registry
from app.serving.store.records import Served
from app.serving.store.store import Store

TOY = {
    "name": "toy",
    "family": "bert",
    "config": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32},
}


@pytest.fixture
def lifecycle(here, write_config) -> Lifecycle:
    dataset = {"path": "builtin/acceptability", "max_length": 16, "limit": 60}
    keys = {"dataset": dataset, "architectures": ["majority", TOY], "hyperparameters": {"epochs": 1}}
    write_config("mail.yaml", name="mail", **keys)
    (here / "lifecycle.yaml").write_text("benchmark: mail.yaml\ntriggers: {feedback: 3}\ntest_share: 0.4\n")
    return load_lifecycle(here / "lifecycle.yaml")


def label(store: Store, texts: list[str]) -> None:
    """Serve the texts, and say of each what it should have been."""
    for place, text in enumerate(texts):
        row = Served(
            id=f"{place:032x}",
            time="2026-01-01T00:00:00+00:00",
            version=1,
            characters=len(text),
            tokens=9,
            unknown=0,
            is_cut=False,
            texts=(text,),
        )
        assert store.record([row]) == 0
        assert store.feedback(row.id, "acceptable" if place % 2 else "unacceptable", (text,))


def test_the_first_round_ends_in_a_champion_and_the_second_time_there_is_nothing_to_do(lifecycle, warm_parent, here):
    registry = Registry(lifecycle.registry)
    outlook = look_around(lifecycle, registry)
    assert outlook.reasons == ("there is no champion yet",)
    found = carry_on(outlook, registry, lambda _: warm_parent)
    assert (found.number, found.version, found.promoted) == (1, 1, True)
    assert found.benchmark == "reports/mail"  # no row is new
    assert found.finished is not None
    assert registry.find("mail@champion").number == 1
    folder = RoundFolder.of("mail", 1)
    assert "Who serves" in folder.promotion_page.read_text()
    assert "no champion yet" in folder.page.read_text()

    again = look_around(lifecycle, registry)
    assert (again.reasons, again.begun) == ((), None)
    assert again.last == found

    before = sorted(path for path in here.rglob("*") if path.is_file())
    look_around(lifecycle, registry)
    assert sorted(path for path in here.rglob("*") if path.is_file()) == before

    store = Store(here / "served" / "mail" / "predictions.db")
    label(store, ["a b c"])
    store.close()
    assert look_around(lifecycle, registry).reasons == ()  # one answer is not enough


@pytest.mark.slow
def test_what_people_put_right_is_learned_and_both_models_are_asked_the_same(lifecycle, warm_parent, here, monkeypatch):
    registry = Registry(lifecycle.registry)
    carry_on(look_around(lifecycle, registry), registry, lambda _: warm_parent)
    store = Store(here / "served" / "mail" / "predictions.db")
    label(store, [f"the key number {place} are rusty" for place in range(20)])
    store.close()
    outlook = look_around(lifecycle, registry)
    assert len(outlook.reasons) == 1
    assert "20 more answers" in outlook.reasons[0]

    # interrupted after the benchmark
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr("app.packaging.choose_winner", interrupt)
        carry_on(outlook, registry, lambda _: warm_parent)
    begun = look_around(lifecycle, registry).begun
    assert begun is not None
    assert begun.benchmark == "lifecycle/mail/2/benchmark"
    assert begun.version is None

    found = carry_on(look_around(lifecycle, registry), registry, lambda _: warm_parent)
    assert found.counts["added"] + found.counts["held_out"] == 20
    assert found.version == 2
    assert "over 60 rows of test" in found.verdict  # and not over what the champion has got wrong
    assert found.promoted == (registry.find("mail@champion").number == 2)
    assert look_around(lifecycle, registry).reasons == ()
    assert [one.number for one in read_rounds("mail")] == [1, 2]


def test_a_run_that_fails_ends_the_round_and_is_tried_again(lifecycle, warm_parent, monkeypatch):
    registry = Registry(lifecycle.registry)
    asked = []

    def fail(work, *_):
        asked.append(work)
        return {}

    monkeypatch.setattr("app.running.run_missing", fail)
    for _ in range(2):
        with pytest.raises(BenchmarkError, match=r"reports/mail: 2 of 2 runs have failed \(.*tries them again"):
            carry_on(look_around(lifecycle, registry), registry, lambda _: warm_parent)
    assert len(asked) == 2
    assert look_around(lifecycle, registry).begun.benchmark is None


def test_who_looked_before_another_began_a_round_looks_again(lifecycle):
    outlook = look_around(lifecycle, Registry(lifecycle.registry))
    assert not is_stale(outlook)
    number = outlook.next_number
    folder = RoundFolder.of("mail", number)
    folder.path.mkdir(parents=True)
    write_round(folder, Round(number=number, began=datetime.now(UTC), reasons=(), inputs=outlook.inputs))
    assert is_stale(outlook)


def test_a_damaged_record_is_told_before_anything_runs(lifecycle, here):
    folder = RoundFolder.of("mail", 1)
    folder.path.mkdir(parents=True)
    folder.record.write_text("{}")
    with pytest.raises(DataError, match=r"round\.json"):
        look_around(lifecycle, Registry(lifecycle.registry))
