"""What a wrong command line or input gets: a clear message, exit code 2, nothing run, nothing written."""

import pytest

from app.cli import main
from tests.cli.commands import refused, run


class TestWrongInput:
    """A clear message on stderr, exit code 2, nothing run, nothing written."""

    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, here):
        yield
        assert not (here / "reports").exists()

    def test_a_missing_config(self, here, capsys):
        assert "nope.yaml: no such file" in refused(capsys, "--config", "nope.yaml")

    def test_every_problem_of_a_config(self, write_config, capsys):
        said = refused(capsys, "--config", str(write_config(colour=1, architectures=["bret-tiny"])))
        assert "colour: unknown key" in said
        assert "did you mean bert-tiny?" in said

    def test_a_set_that_leads_nowhere(self, write_config, capsys):
        assert "--set a.b=1" in refused(capsys, "--config", str(write_config()), "--set", "a.b=1")

    def test_an_unknown_executor(self, write_config, capsys):
        assert "--set execution.executor=slurm" in refused(
            capsys, "--config", str(write_config()), "--executor", "slurm"
        )

    def test_a_data_file_that_is_not_there(self, write_config, capsys):
        said = refused(capsys, "--config", str(write_config()), "--set", "dataset.path={train: gone.csv}")
        assert "gone.csv: no such file" in said

    def test_a_column_to_show_scores_apart_by_that_the_data_have_not(self, write_config, capsys):
        said = refused(capsys, "--config", str(write_config()), "--set", "dataset.slices=[constructions]")
        assert "no column 'constructions'; did you mean construction?" in said

    def test_a_checkpoint_without_weights(self, here, write_config, capsys):
        (here / "empty").mkdir()
        (here / "empty" / "config.json").write_text('{"model_type": "bert"}')
        config = write_config(architectures=[{"name": "mine", "checkpoint": "./empty"}])
        assert "has no weights (*.safetensors)" in refused(capsys, "--config", str(config))

    def test_a_checkpoint_in_pickle_form(self, here, write_config, capsys):
        (here / "old").mkdir()
        (here / "old" / "config.json").write_text('{"model_type": "bert"}')
        (here / "old" / "pytorch_model.bin").write_bytes(b"x")
        config = write_config(architectures=[{"name": "mine", "checkpoint": "./old"}])
        assert "convert them" in refused(capsys, "--config", str(config))

    def test_all_checkpoints_that_cannot_be_used_at_once(self, write_config, capsys):
        entries = [{"name": name, "checkpoint": f"./{name}"} for name in ("one", "two")]
        said = refused(capsys, "--config", str(write_config(architectures=entries)))
        assert "one: no such folder" in said
        assert "two: no such folder" in said

    def test_more_frozen_layers_than_a_model_has(self, here, write_config, capsys):
        (here / "deep").mkdir()
        (here / "deep" / "config.json").write_text('{"model_type": "distilbert", "n_layers": 6}')
        (here / "deep" / "model.safetensors").write_bytes(b"")
        entries = ["bert-tiny", "albert-tiny", {"name": "deep", "checkpoint": "./deep"}, "majority"]
        config = write_config(architectures=entries, hyperparameters={"freeze": ["none", 3]})
        said = refused(capsys, "--config", str(config))
        assert "3 layers cannot be frozen, bert-tiny has 2; give 2 or less" in said
        assert "albert-tiny has 1" in said  # its layers share their weights
        assert "deep has" not in said

    def test_a_configuration_that_its_family_does_not_take(self, write_config, capsys):
        entry = {"name": "mine", "family": "bert", "config": {"hidden_sise": 8}}
        said = refused(capsys, "--config", str(write_config(architectures=[entry])), "--dry-run")
        assert "hidden_sise" in said
        assert "hidden_size" in said

    def test_a_family_that_the_table_of_architectures_has_not(self, here, capsys):
        said = refused(capsys, "architectures", "--family", "robrta")
        assert "--family robrta: unknown family; did you mean roberta?" in said

    def test_a_stray_argument(self, write_config, capsys):
        with pytest.raises(SystemExit) as leaving:
            main(["--config", str(write_config()), "--dryrun"])
        assert leaving.value.code == 2
        assert "did you mean --dry-run?" in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_written_is_refused(here, write_config, capsys):
    (here / "reports").write_text("a file stands where the folder should be")
    assert run(write_config()) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_second_driver_on_the_same_benchmark_is_refused(here, write_config, capsys):
    from app.bench.lock import hold_folder
    from app.layout import BenchmarkFolder

    config = write_config()
    with hold_folder(BenchmarkFolder.of("tiny")):
        assert run(config) == 2
        assert "another driver is at work" in capsys.readouterr().err
    assert run(config) == 0
