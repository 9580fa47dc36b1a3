"""The Trainer's own evaluation: which weights are scored, and which are kept."""

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, TrainingArguments

from app.lab.optimization import build_optimizer
from app.lab.parameters import Settings
from app.lab.trainer import BestEpoch, FineTuner

EPOCHS = 4


@pytest.fixture
def train(here):
    """Trains four epochs; gives the weights at each evaluation, the weights kept, and the epoch they are of."""

    def one(scores: list[float], *, averaged_from: int = 99, optimizer: str = "adamw", **options: object):
        torch.manual_seed(0)
        shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        shape |= {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}
        regression = options.pop("regression", False)
        model = BertForSequenceClassification(BertConfig(vocab_size=40, num_labels=1 if regression else 2, **shape))
        ids = torch.randint(0, 40, (28, 6), generator=torch.Generator().manual_seed(1))
        rows = [{"input_ids": row, "labels": row[0] / 40 if regression else row[0] % 2} for row in ids]
        settings = Settings(learning_rate=1e-2, epochs=EPOCHS, batch_size=8, optimizer=optimizer)
        seen: list[torch.Tensor] = []

        def score(evaluated) -> dict[str, float]:
            # schedule-free: its average is scored, not the point at which it takes its gradients
            assert not trainer.optimizer.param_groups[0].get("train_mode")
            seen.append(flat(evaluated))
            return {"eval_accuracy": scores[len(seen) - 1]}

        first = averaged_from if averaged_from < 99 else 0
        best = BestEpoch("eval_accuracy", options.pop("patience", 0), "max", first=first)
        trainer = FineTuner(
            model=model,
            args=TrainingArguments(
                output_dir="x",
                num_train_epochs=EPOCHS,
                per_device_train_batch_size=options.pop("batch_size", 8),
                gradient_accumulation_steps=options.pop("accumulated", 1),
                lr_scheduler_type="constant",
                eval_strategy="epoch",
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=rows,
            eval_dataset=rows,
            callbacks=[best],
            score=score,
            used_ids=None,
            optimizer=lambda trained, decayed: build_optimizer(trained, settings, decayed=decayed, warmup_steps=0),
            loss=None,
            averaged_from=averaged_from,
        )
        trainer.train()
        best.restore(model)
        return seen, flat(model), best.epoch

    return one


def flat(model) -> torch.Tensor:
    return torch.cat([weight.detach().flatten().clone() for weight in model.parameters()])


@pytest.mark.parametrize("optimizer", ["adamw", "schedulefree-adamw"])
def test_the_average_is_scored_and_kept_while_training_goes_on_from_the_plain_weights(train, optimizer):
    plain, _, _ = train([0.1, 0.2, 0.3, 0.4], optimizer=optimizer)
    averaged, kept, epoch = train([0.9, 0.2, 0.3, 0.4], averaged_from=3, optimizer=optimizer)
    for index in range(3):
        assert torch.equal(averaged[index], plain[index])  # an average of one is that one
    assert torch.allclose(averaged[3], (plain[2] + plain[3]) / 2, atol=1e-6)
    assert not torch.allclose(plain[2], plain[3], atol=1e-4)
    assert torch.equal(kept, averaged[3])
    assert epoch == 4  # the first was better, but is no average


def test_the_best_of_the_averages_is_kept(train):
    averaged, kept, epoch = train([0.1, 0.5, 0.4, 0.3], averaged_from=2)
    assert torch.equal(kept, averaged[1])
    assert epoch == 2


def test_patience_begins_with_the_average(train):
    averaged, _, epoch = train([0.9, 0.3, 0.2, 0.1], averaged_from=2, patience=1)
    assert (len(averaged), epoch) == (3, 2)


@pytest.mark.parametrize("regression", [False, True])
def test_a_step_of_several_batches_is_one_large_batch_whatever_the_head_and_the_rows(train, regression):
    scores = [0.1, 0.2, 0.3, 0.4]
    _, whole, _ = train(scores, regression=regression, optimizer="sgd")
    _, cut, _ = train(scores, regression=regression, optimizer="sgd", batch_size=3, accumulated=3)
    _, same, _ = train(scores, regression=regression, optimizer="sgd", batch_size=9)
    assert torch.allclose(cut, same, atol=1e-6)
    assert not torch.allclose(cut, whole, atol=1e-6)
