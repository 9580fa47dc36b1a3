"""The commands of production, each as the route it takes from its arguments to its exit code."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from app.errors import UsageError
from app.production_arguments import (
    lifecycle_parser,
    models_parser,
    monitor_parser,
    package_parser,
    promote_parser,
    rollback_parser,
    serve_parser,
)

__all__ = ["run_production"]

OK, SOME_FAILED, DRIFT = 0, 1, 3


def run_production(words: Sequence[str]) -> int:
    """Carry out a command of production; returns its exit code."""
    command, rest = words[0], words[1:]
    match command:
        case "package":
            return package_winner(package_parser().parse_args(rest), words)
        case "models":
            return list_models(models_parser().parse_args(rest))
        case "promote":
            return promote_version(promote_parser().parse_args(rest))
        case "rollback":
            return roll_back(rollback_parser().parse_args(rest))
        case "serve":
            return serve_model(serve_parser().parse_args(rest))
        case "monitor":
            return monitor_model(monitor_parser().parse_args(rest))
        case "lifecycle":
            return go_round(lifecycle_parser().parse_args(rest))
    raise AssertionError(f"{command} is among PRODUCTION but nothing carries it out")


def package_winner(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    """`python app.py package --config FILE`: the winner, or a run by its id, as the next version of its model."""
    from app.bench.lock import hold_folder
    from app.packaging import build_package, choose_winner, find_folder, make_weights, publish_version
    from app.production_terminal import print_choice, print_package, print_published
    from app.running import lend_parents
    from app.serving.registry.registry import Registry

    registry = Registry(arguments.registry)
    folder = find_folder(arguments.config, arguments.set)
    chosen = choose_winner(folder, arguments.run)
    print_choice(chosen.choice, has_weights=folder.run(chosen.choice.run.run_id).model.is_dir())
    with hold_folder(folder), lend_parents() as lend:
        make_weights(chosen, lend)
        package = build_package(
            chosen,
            lend(chosen.benchmark),
            max_loss=arguments.max_loss,
            keep_texts=not arguments.without_texts,
            command=f"python app.py {shlex.join(words)}",
        )
        number = registry.add(chosen.record.name, package)
        version = registry.find(f"{chosen.record.name}@{number}")
        published = publish_version(chosen, version)
    print_published(published)
    print_package(version, arguments.registry)
    return OK


def list_models(arguments: argparse.Namespace) -> int:
    """`python app.py models`: every model of a registry with its versions, aliases and history."""
    from app.production_terminal import print_models
    from app.serving.registry.registry import Registry

    print_models(Registry(arguments.registry))
    return OK


def promote_version(arguments: argparse.Namespace) -> int:
    """`python app.py promote REFERENCE`: a version becomes the champion if it is better, or is refused on record."""
    from app.packaging import load_test_split
    from app.serving.registry.promotion import promote
    from app.serving.registry.registry import Registry

    examples = load_test_split(arguments.config) if arguments.config else None
    registry = Registry(arguments.registry)
    found = promote(registry, arguments.reference, within_noise=arguments.within_noise, examples=examples)
    is_promoted = found.kind == "promoted"
    where = sys.stdout if is_promoted else sys.stderr
    where.write(f"version {found.version} {found.kind}: {found.reason}\n")
    return OK if is_promoted else SOME_FAILED


def roll_back(arguments: argparse.Namespace) -> int:
    """`python app.py rollback [NAME]`: the champion before the champion is the champion again."""
    from app.serving.registry.registry import Registry

    registry = Registry(arguments.registry)
    sys.stdout.write(f"{registry.roll_back(registry.only(arguments.name)).reason}\n")
    return OK


def serve_model(arguments: argparse.Namespace) -> int:
    """`python app.py serve --model REFERENCE`: answer over HTTP until a signal ends it."""
    from app.serving.api.server import ServeOptions, serve

    options = ServeOptions(
        model=arguments.model,
        registry=arguments.registry,
        served=arguments.served,
        host=arguments.host,
        port=arguments.port,
        threads=arguments.threads,
        is_open=arguments.open,
        keep_texts=arguments.keep_texts,
        log_texts=arguments.log_texts,
        origins=arguments.allow_origin,
    )
    serve(options)
    return OK


def monitor_model(arguments: argparse.Namespace) -> int:
    """`python app.py monitor`: the last requests against the reference of the model that answered them."""
    from app.monitoring import find_model, find_served, read_since, watch_drift
    from app.production_terminal import print_drift

    if arguments.last < 1:
        raise UsageError(f"--last {arguments.last}: must be 1 or more")
    since = read_since(arguments.since)
    model = find_model(arguments.model, arguments.registry)
    served = find_served(arguments.served, model.name)
    record = watch_drift(model, served, last=arguments.last, since=since)
    print_drift(record, served.page)
    return DRIFT if record.verdict == "drift" else OK


def go_round(arguments: argparse.Namespace) -> int:
    """`python app.py lifecycle --config FILE`: where anything has changed, a round from the data to the champion."""
    from app.bench.lock import hold_folder
    from app.layout import BenchmarkFolder
    from app.lifecycle import carry_on, is_stale, look_around
    from app.production_terminal import print_outlook, print_round
    from app.running import lend_parents
    from app.serving.lifecycle.file import load_lifecycle
    from app.serving.lifecycle.rounds import HOME
    from app.serving.registry.registry import Registry

    lifecycle = load_lifecycle(arguments.config, overrides=tuple(arguments.set))
    name, registry = lifecycle.settled.name, Registry(lifecycle.registry)
    outlook = look_around(lifecycle, registry)
    print_outlook(outlook)
    if arguments.dry_run or not (outlook.reasons or outlook.begun):
        return OK
    with hold_folder(BenchmarkFolder(HOME / name)), lend_parents() as lend:
        if is_stale(outlook):
            outlook = look_around(lifecycle, registry)
        if outlook.reasons or outlook.begun:
            print_round(name, carry_on(outlook, registry, lend))
    return OK
