"""Each optimiser learns, and does what its paper says; weights come in groups, and are averaged as asked."""

import pytest
import torch
from torch.optim.swa_utils import AveragedModel
from transformers import Adafactor, BertConfig, BertForSequenceClassification

from app.config import OPTIMIZERS
from app.lab.optimization import WeightAverage, build_optimizer, first_averaged_epoch, schedule_arguments
from app.lab.optimization.groups import parameter_groups
from app.lab.optimization.hypergradient import HypergradientAdam, HypergradientSGD
from app.lab.optimization.lion import Lion
from app.lab.parameters import Settings

# one that each learns with: sensible ranges are in docs/optimizers.md
RATES = {"sgd": 0.1, "hypergradient-sgd": 0.1, "lion": 1e-3, "rmsprop": 1e-3}


def settings_of(**changes: object) -> Settings:
    return Settings.model_validate({"learning_rate": 0.01, "epochs": 1, "batch_size": 8, **changes})


@pytest.fixture
def model():
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    no_dropout = {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "initializer_range": 0.2}
    return BertForSequenceClassification(BertConfig(vocab_size=40, num_labels=2, **shape, **no_dropout))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimiser_lowers_the_loss(model, name):
    settings = settings_of(optimizer=name, learning_rate=RATES.get(name, 0.01))
    decayed = {name for name, weight in model.named_parameters() if weight.dim() > 1}
    optimizer = build_optimizer(model, settings, decayed=decayed, warmup_steps=3)
    ids = torch.randint(0, 40, (32, 6), generator=torch.Generator().manual_seed(1))
    labels = (ids[:, 0] > ids[:, 1]).long()
    losses = []
    for _ in range(25):
        if hasattr(optimizer, "train"):
            optimizer.train()
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.8


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_option_reaches_its_optimiser(model, name):
    other = {"betas": [0.5, 0.6], "decay_rate": -0.5, "r": 1.0}
    options = {
        option: other.get(option, (not known.default) if isinstance(known.default, bool) else 0.25)
        for option, known in OPTIMIZERS[name].items()
    }
    optimizer = build_optimizer(
        model, settings_of(optimizer=name, optimizer_options=options), decayed=(), warmup_steps=0
    )
    for group in optimizer.param_groups:
        for option, value in options.items():
            assert group[option] == (tuple(value) if isinstance(value, list) else value), option


def two_weights(*values: float) -> list[torch.Tensor]:
    return [torch.nn.Parameter(torch.tensor([value, -2 * value])) for value in values]


def run(optimizer: torch.optim.Optimizer, weights: list[torch.Tensor], steps: int = 6) -> None:
    """Steps on gradients that turn now and then: of the square, shifted by what the step's number says."""
    for step in range(steps):
        for weight in weights:
            weight.grad = gradient_at(weight, step)
        optimizer.step()


def gradient_at(weight: torch.Tensor, step: int) -> torch.Tensor:
    return (weight.detach() - (1.5 if step % 3 == 2 else -0.5)) * 0.7


def test_lion_takes_the_steps_of_its_paper():
    weights, expected = two_weights(1.0, 0.3), two_weights(1.0, 0.3)
    run(Lion(weights, lr=0.1, betas=(0.8, 0.9), weight_decay=0.05), weights)
    for weight in expected:
        value, momentum = weight.detach().clone(), torch.zeros(2)
        for step in range(6):
            gradient = gradient_at(value, step)
            direction = torch.sign(0.8 * momentum + 0.2 * gradient)
            momentum = 0.9 * momentum + 0.1 * gradient
            value = value - 0.1 * (direction + 0.05 * value)
        weight.data = value
    assert torch.allclose(torch.stack(weights), torch.stack(expected), atol=1e-6)


def test_hypergradient_sgd_takes_the_steps_of_its_paper():
    weights = two_weights(1.0, 0.3)
    optimizer = HypergradientSGD(weights, lr=0.1, hypergradient_rate=0.02, weight_decay=0.05)
    run(optimizer, weights)
    value, last, rate, rates = torch.stack(two_weights(1.0, 0.3)).detach(), torch.zeros(2, 2), 0.1, []
    for step in range(6):
        gradient = gradient_at(value, step) + 0.05 * value
        rate += 0.02 * float((gradient * last).sum())
        rates.append(rate)
        value, last = value - rate * gradient, gradient
    assert torch.allclose(torch.stack(weights), value, atol=1e-6)
    assert optimizer.param_groups[0]["scheduled_lr"] == pytest.approx(rate)
    assert max(rates) > 0.11
    assert min(rates[1:]) < max(rates) - 0.01  # it went up, and down


def test_hypergradient_adam_takes_the_steps_of_its_paper():
    weights = two_weights(1.0, 0.3)
    run(HypergradientAdam(weights, lr=0.1, hypergradient_rate=0.01, betas=(0.7, 0.9), eps=1e-3), weights)
    value, rate = torch.stack(two_weights(1.0, 0.3)).detach(), 0.1
    first = second = last = torch.zeros(2, 2)
    for step in range(6):
        gradient = gradient_at(value, step)
        rate += 0.01 * float((gradient * last).sum())
        first, second = 0.7 * first + 0.3 * gradient, 0.9 * second + 0.1 * gradient**2
        last = (first / (1 - 0.7 ** (step + 1))) / ((second / (1 - 0.9 ** (step + 1))).sqrt() + 1e-3)
        value = value - rate * last
    assert torch.allclose(torch.stack(weights), value, atol=1e-6)


@pytest.mark.parametrize(("own", "plain"), [(HypergradientSGD, torch.optim.SGD), (HypergradientAdam, torch.optim.Adam)])
def test_a_learning_rate_that_is_not_learned_gives_the_plain_optimiser(own, plain):
    options = {"lr": 0.1, "weight_decay": 0.05}
    options |= {"momentum": 0.9} if plain is torch.optim.SGD else {}
    weights, expected = two_weights(1.0, 0.3), two_weights(1.0, 0.3)
    run(own(weights, hypergradient_rate=0.0, **options), weights)
    run(plain(expected, **options), expected)
    assert torch.allclose(torch.stack(weights), torch.stack(expected), atol=1e-6)


def test_a_learned_rate_does_not_fall_below_zero():
    (weight,) = weights = two_weights(1.0)
    optimizer = HypergradientSGD(weights, lr=0.1, hypergradient_rate=100.0)
    for gradient in (1.0, -1.0):
        weight.grad = torch.full((2,), gradient)
        optimizer.step()
    assert optimizer.param_groups[0]["scheduled_lr"] == 0


def test_groups_keep_the_proportions_of_their_rates_while_one_rate_is_learned():
    first, second = two_weights(1.0, 0.3)
    groups = [{"params": [first], "lr": 0.1}, {"params": [second], "lr": 0.05}]
    optimizer = HypergradientSGD(groups, lr=0.1, hypergradient_rate=0.02)
    run(optimizer, [first, second], steps=2)
    rates = [group["scheduled_lr"] for group in optimizer.param_groups]
    assert rates[0] == pytest.approx(2 * rates[1])
    assert rates[0] != pytest.approx(0.1)


def test_adafactor_is_that_of_transformers_with_the_rate_it_is_given(model):
    optimizer = build_optimizer(model, settings_of(optimizer="adafactor"), decayed=(), warmup_steps=0)
    assert isinstance(optimizer, Adafactor)
    assert all(group["lr"] == 0.01 and not group["relative_step"] for group in optimizer.param_groups)


def test_layer_decay_gives_each_layer_its_rate(model):
    groups = parameter_groups(model, settings_of(layer_decay=0.5), decayed=())
    rates = {id(weight): group["lr"] for group in groups for weight in group["params"]}
    named = {name: rates[id(weight)] for name, weight in model.named_parameters()}
    assert named["classifier.weight"] == named["bert.pooler.dense.weight"] == 0.01
    assert named["bert.encoder.layer.2.output.dense.weight"] == 0.01
    assert named["bert.encoder.layer.1.output.dense.weight"] == 0.005
    assert named["bert.encoder.layer.0.output.dense.weight"] == 0.0025
    assert named["bert.embeddings.word_embeddings.weight"] == 0.00125
    assert groups[0]["lr"] == 0.01  # what is logged


def test_frozen_weights_are_in_no_group(model):
    model.classifier.bias.requires_grad_(False)
    groups = parameter_groups(model, settings_of(), decayed={"classifier.weight"})
    weights = [weight for group in groups for weight in group["params"]]
    assert len(weights) == len(list(model.parameters())) - 1
    assert [group["weight_decay"] for group in groups] == [0.01, 0.0]
    assert groups[0]["params"] == [model.classifier.weight]


def test_an_average_is_that_of_torch(model):
    average, expected = WeightAverage(), AveragedModel(model)
    for _ in range(3):
        for weight in model.parameters():
            weight.data += torch.randn_like(weight)
        average.add(model)
        expected.update_parameters(model)
    own = {name: weight.clone() for name, weight in model.state_dict().items()}
    with average.in_place(model):
        for weight, other in zip(model.parameters(), expected.module.parameters(), strict=True):
            assert torch.allclose(weight, other, atol=1e-6)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, own[name]), name


def test_an_average_is_over_the_second_half_of_the_epochs():
    assert [first_averaged_epoch(epochs) for epochs in (1, 2, 3, 4, 5)] == [1, 2, 2, 3, 3]


def test_an_optimiser_with_a_rate_of_its_own_is_given_no_schedule():
    free = settings_of(optimizer="schedulefree-adamw", schedule="cosine", warmup_ratio=0.2)
    assert schedule_arguments(free) == {"lr_scheduler_type": "constant", "warmup_steps": 0}
    assert (free.schedule, free.warmup_ratio) == ("constant", 0.2)
    learned = settings_of(optimizer="hypergradient-adam", schedule="cosine", warmup_ratio=0.2)
    assert (learned.schedule, learned.warmup_ratio) == ("constant", 0.0)
    assert schedule_arguments(settings_of(schedule="cosine"))["lr_scheduler_type"] == "cosine"
