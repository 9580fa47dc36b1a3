"""A sweep file is refused as W&B refuses it, and where it asks for what the benchmark has not."""

import pytest
import yaml

from app.errors import ConfigError
from app.search.sweep import is_sweep, load_sweep
from tests.conftest import PROJECT


def problems(path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_sweep(path)
    return str(caught.value)


def parameters(**given: object) -> dict[str, object]:
    return {"learning_rate": {"value": 1e-3}, **given}


def test_the_shipped_sweep_is_whole(monkeypatch):
    monkeypatch.chdir(PROJECT)
    sweep = load_sweep(PROJECT / "config" / "sweep.yaml")
    assert sweep.benchmark.name == "quickstart-sweep"
    assert sweep.metric_name == "eval_accuracy"
    assert {"architecture", "learning_rate", "optimizer", "batch_size", "epochs", "label_smoothing"} <= set(sweep.axes)
    assert sweep.early_terminate.bands[0] >= 1
    command = yaml.safe_load((PROJECT / "config" / "sweep.yaml").read_text())["command"]
    words = "${env} ${interpreter} ${program} --config config/quickstart.yaml --set name=quickstart-sweep ${args}"
    assert command == words.split()


def test_a_sweep_is_told_from_a_benchmark(write_sweep, here):
    assert is_sweep(write_sweep())
    assert not is_sweep(here / "x.yaml")


def test_a_trial_is_the_benchmark_with_the_values_laid_over_it(write_sweep):
    sweep = load_sweep(write_sweep())
    benchmark = sweep.benchmark_at({"learning_rate": 0.002})
    assert benchmark.hyperparameters.learning_rate == (0.002,)
    assert [item.name for item in benchmark.architectures] == ["toy"]


def test_nested_parameters_are_joined_by_dots(write_sweep):
    nested = {
        "hyperparameters": {"parameters": {"learning_rate": {"min": 1e-4, "max": 1e-3}}},
        "optimizer": {"value": "sgd"},
        "optimizer_options": {"parameters": {"momentum": {"values": [0.8, 0.9]}, "nesterov": {"value": False}}},
    }
    sweep = load_sweep(write_sweep(parameters=nested))
    names = ["learning_rate", "optimizer", "optimizer_options.momentum", "optimizer_options.nesterov"]
    assert list(sweep.axes) == names
    benchmark = sweep.benchmark_at(dict(zip(names, [1e-3, "sgd", 0.8, False], strict=True)))
    assert benchmark.hyperparameters.optimizer_options == ({"momentum": 0.8, "nesterov": False},)


def test_words_of_the_command_are_laid_over_the_benchmark_and_project_and_entity_are_the_sweeps(write_sweep):
    command = ["python", "app.py", "${args}", "--config=x.yaml", "--set", "name=other", "--workers=3", "--seed=7"]
    sweep = load_sweep(write_sweep(command=command, project="p", entity="e"))
    benchmark = sweep.benchmark
    assert (benchmark.name, benchmark.execution.workers, benchmark.seeds) == ("other", 3, (7,))
    assert (benchmark.tracking.project, benchmark.tracking.entity) == ("p", "e")


# W&B's own schema (github.com/wandb/sweeps, config/schema.json, August 2026) refuses each of these, by the same key
REFUSED_BY_WANDB = [
    ({"method": None}, "method: is missing"),
    ({"method": "bayesian"}, "method: unknown method 'bayesian'; did you mean bayes?"),
    ({"parameters": None}, "parameters: is missing"),
    ({"parameters": {}}, "parameters: is empty"),
    ({"run_cap": 0}, "run_cap: must be 1 or more"),
    ({"run_cap": 2.5}, "run_cap: must be a whole number"),
    ({"runcap": 2}, "runcap: unknown key; did you mean run_cap?"),
    ({"metric": {"goal": "maximize"}}, "metric.name: is missing"),
    ({"metric": {"name": "eval_accuracy", "goal": "max"}}, "metric.goal: unknown goal 'max'"),
    ({"metric": {"name": "eval_accuracy", "target": "high"}}, "metric.target: must be a number"),
    ({"early_terminate": {"type": "envelope", "min_iter": 1}}, "early_terminate.type: unknown way to stop early"),
    ({"early_terminate": {"type": "hyperband"}}, "early_terminate: needs min_iter, or max_iter with s"),
    ({"early_terminate": {"type": "hyperband", "max_iter": 9}}, "early_terminate.s: is missing"),
    ({"early_terminate": {"type": "hyperband", "min_iter": 0}}, "early_terminate.min_iter: must be 1 or more"),
    ({"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 1}}, "early_terminate.eta: must be above 1"),
    ({"early_terminate": {"type": "hyperband", "min_iter": 1, "strict": "yes"}}, "early_terminate.strict"),
    ({"metric": None, "early_terminate": {"type": "hyperband", "min_iter": 1}}, "metric: is missing: early_terminate"),
    ({"metric": None, "method": "bayes"}, "metric: is missing: bayes"),
    ({"learning_rate": {"min": 2, "max": 1}}, "parameters.learning_rate.min: min 2 is not less than max 1"),
    ({"learning_rate": {"min": 0.1, "max": 0.1}}, "parameters.learning_rate.min: min 0.1 is not less than max 0.1"),
    ({"learning_rate": {"min": 0.1}}, "parameters.learning_rate.distribution: is missing, and min alone"),
    ({"learning_rate": {}}, "parameters.learning_rate: must be a mapping"),
    ({"learning_rate": 0.1}, "parameters.learning_rate: must be a mapping"),
    ({"learning_rate": {"values": []}}, "parameters.learning_rate.values"),
    ({"learning_rate": {"values": 0.1}}, "parameters.learning_rate.values"),
    ({"learning_rate": {"value": 0.1, "values": [0.1]}}, "parameters.learning_rate.values: unknown key"),
    ({"learning_rate": {"min": 0.1, "max": 0.2, "q": 0.1}}, "parameters.learning_rate.q: unknown key"),
    ({"learning_rate": {"distribution": "log_uniform_values", "min": 0, "max": 1}}, "learning_rate.min: must be above"),
    ({"learning_rate": {"distribution": "int_uniform", "min": 1.0, "max": 2}}, "min: must be a whole number"),
    ({"learning_rate": {"distribution": "q_uniform", "min": 1, "max": 2, "q": 0}}, "learning_rate.q: must be above 0"),
    ({"learning_rate": {"distribution": "normal", "sigma": -1}}, "learning_rate.sigma: must be 0 or more"),
    ({"learning_rate": {"distribution": "lognormal"}}, "unknown distribution 'lognormal'; did you mean log_normal?"),
    (
        {"learning_rate": {"values": [0.1, 0.2], "probabilities": [0.5, 0.6]}},
        "must sum to 1, not to 1.1",
    ),
    ({"learning_rate": {"values": [0.1, 0.2], "probabilities": [1.0]}}, "probabilities: 1 probabilities for 2 values"),
    ({"learning_rate": {"values": [0.1, 0.2], "probabilities": [1.5, -0.5]}}, "probabilities"),
]


@pytest.mark.parametrize(("keys", "message"), REFUSED_BY_WANDB)
def test_what_w_and_b_refuses_is_refused_with_the_key_named(write_sweep, keys, message):
    top = {"parameters": {"learning_rate": keys["learning_rate"]}} if "learning_rate" in keys else keys
    path = write_sweep(**top)
    assert message in problems(path)
    assert str(path) in problems(path)


# what W&B takes, and a search here cannot do
REFUSED_HERE = [
    ({"program": "train.py"}, "program: must be app.py"),
    ({"command": None}, "command: has no ${program}"),
    ({"command": ["python", "app.py", "${args}"]}, "command: names no benchmark; give --config FILE"),
    ({"command": ["python", "app.py", "--config", "x.yaml"]}, "command: has no ${args}"),
    ({"command": ["python", "app.py", "--config", "gone.yaml", "${args}"]}, "gone.yaml: no such file"),
    ({"command": ["python", "app.py", "--config", "x.yaml", "-v", "${args}"]}, "command.4: unknown word '-v'"),
    ({"method": "custom", "scheduler": {"engine": "wandb"}}, "scheduler: W&B's scheduler is not here"),
    ({"metric": {"name": "eval_acuracy"}}, "metric.name: no run logs 'eval_acuracy'; did you mean eval_accuracy?"),
    ({"metric": {"name": "test/accuracy"}}, "metric.name: test/accuracy is for the report: nothing is chosen by it"),
    (
        {"metric": {"name": "validation/f1"}, "early_terminate": {"type": "hyperband", "min_iter": 1}},
        "metric.name: validation/f1 is logged at the end alone",
    ),
    ({"parameters": {"lerning_rate": {"value": 1}}}, "unknown parameter 'lerning_rate'; did you mean learning_rate?"),
    ({"parameters": {"learning_rate": {"min": -1.0, "max": 0.1}}}, "parameters.learning_rate: input should be greater"),
    ({"parameters": {"epochs": {"min": 1.0, "max": 3.0}}}, "parameters.epochs: input should be a valid integer"),
    ({"parameters": {"optimizer": {"values": ["adamw", "lino"]}}}, "unknown optimizer 'lino'; did you mean lion?"),
    ({"parameters": {"architecture": {"values": ["toy", "bert-tinny"]}}}, "unknown architecture 'bert-tinny'"),
    (
        {"parameters": {"loss": {"values": ["default", "focal"]}, "label_smoothing": {"values": [0, 0.1]}}},
        "parameters.loss: focal takes no label smoothing",
    ),
    ({"method": "grid"}, "parameters.learning_rate: log_uniform_values has no values in order for a grid"),
    ({"parameters": {"learning_rate": {"distribution": "log_uniform", "min": 1, "max": 900}}}, "exponents of e"),
    (
        {"command": ["app.py", "--config", "x.yaml", "--learning_rate=1", "${args}"]},
        "parameters.learning_rate: is fixed by the command",
    ),
]


@pytest.mark.parametrize(("keys", "message"), REFUSED_HERE)
def test_what_no_trial_could_be_is_refused_before_any_is_run(write_sweep, keys, message):
    assert message in problems(write_sweep(**keys))


def test_an_axis_that_is_left_open_is_named_with_the_way_to_close_it(write_sweep):
    path = write_sweep(benchmark={"seeds": [3, 4], "hyperparameters": {"epochs": [1, 2]}})
    text = problems(path)
    assert "seed is left open: the benchmark has 2 values of it" in text
    assert "give seed: {value: 3}" in text
    assert "epochs is left open" in text


def test_all_problems_come_at_once_each_with_its_line(write_sweep):
    path = write_sweep(method="grid", metric={"name": "nothing"}, parameters=parameters(epochs={"min": 3, "max": 1}))
    lines = problems(path).splitlines()
    assert len(lines) == 2
    for line in lines:
        number = int(line.split(":")[1])
        assert path.read_text().splitlines()[number - 1].strip().split(":")[0] in line


ACCEPTED = [
    {"value": 0.01},
    {"values": [0.01, 0.02]},
    {"distribution": "categorical", "values": [0.01]},
    {"values": [0.01, 0.02], "probabilities": [0.3, 0.7]},
    {"min": 1, "max": 2},
    {"min": 0.1, "max": 2},
    {"distribution": "q_uniform", "min": 1, "max": 3},
    {"distribution": "log_uniform", "min": -9, "max": -2},
    {"distribution": "q_log_uniform_values", "min": 0.01, "max": 1, "q": 0.01},
    {"distribution": "inv_log_uniform", "min": 1, "max": 3},
    {"distribution": "inv_log_uniform_values", "min": 0.01, "max": 1},
    {"distribution": "normal", "mu": 5, "sigma": 1},
    {"distribution": "log_normal", "mu": -2, "sigma": 0.5},
    {"distribution": "beta", "a": 2, "b": 2},
]


@pytest.mark.parametrize("fields", ACCEPTED)
def test_what_w_and_b_takes_is_taken(write_sweep, fields):
    sweep = load_sweep(write_sweep(parameters={"learning_rate": fields}))
    for value in sweep.axes["learning_rate"].ends:
        sweep.benchmark_at({"learning_rate": value})
