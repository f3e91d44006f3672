"""One right call of every public function of the core, small: what the sweep over bad input starts from.

A function that is not here fails ``test_every_public_function_has_a_call``: give it a call, or ``LEFT_OUT`` a reason.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MODULES = (
    "attention cka comparisons contrastive costs data duplicates embedding geometry large ledgers models objectives on_request "
    "pooling postprocessing probing published repetition replication scores search segments separation session similarity "
    "sizing statistics subwords tasks texts tokens training weighting"
).split()
CLASSES = {"search": ("SearchIndex",), "postprocessing": ("Postprocessing",), "replication": ("Replications",)}
LEFT_OUT = {
    "sizing.main": "a command",
    "replication.write": "a command: 30 trainings",
    "data.public_files": "fetches from the hub",
    "models.verify": "of the bundled folders; test_embedding damages them",
}
TEXTS = ["The old miller kept seven geese.", "Tea or coffee?", "It is grey.", "A goose is old.", "", "seven or the grey tea"]


AGAIN = {"one": {"supported": 8, "not supported": 0, "undecided": 2}}


@dataclass(frozen=True)
class Call:
    """A right call.

    Attributes:
        function: what is called.
        arguments: by name.
        run: whether the call itself is small enough for a test; if not, only what can never be right is tried.
        nan: whether NaN can be a right answer, as the docstring says.
    """

    function: Callable
    arguments: dict[str, Any]
    run: bool = True
    nan: bool = False


@dataclass(frozen=True)
class Things:
    """What calls need: a small encoder, the same with readable attention, a model with both heads, and a folder to write in."""

    encoder: Any
    eager: Any
    model: Any
    path: str
    folder: Path


def public_functions() -> dict[str, Callable]:
    """ "module.function" (or ``module.Class.method``) to each public function that the modules of the core define."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(f"course_utils.{name}")
        holders = [(name, module), *((f"{name}.{kind}", getattr(module, kind)) for kind in CLASSES.get(name, ()))]
        for prefix, holder in holders:
            for attribute, value in vars(holder).items():
                value = getattr(value, "__func__", value)
                inside = inspect.isfunction(value) and value.__module__ == module.__name__
                if inside and not attribute.startswith("_"):
                    found[f"{prefix}.{attribute}"] = value
    found["pretraining.evaluation.fill_mask"] = importlib.import_module("course_utils.pretraining.evaluation").fill_mask
    return found


def calls(things: Things) -> dict[str, Call]:
    """A right call for each public function."""
    return {
        **_of_arrays(),
        **_of_texts(things),
        **_of_models(things),
        **_of_scores(),
        **_of_files(things),
        **_of_trainings(things),
    }


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 3))
    return {"vectors": vectors, "other": vectors + rng.normal(size=(12, 3)), "column": vectors[:, 0], "gold": vectors[:, 1]}


def _of_arrays() -> dict[str, Call]:
    import torch

    from course_utils import (
        cka,
        comparisons,
        contrastive,
        costs,
        duplicates,
        geometry,
        large,
        pooling,
        postprocessing,
        probing,
        separation,
        similarity,
    )

    given = _arrays()
    vectors, other, column, gold = given.values()
    labels, split = ["left", "right"] * 6, ["train"] * 6 + ["dev"] * 2 + ["test"] * 4
    correction, index = postprocessing.fit_centring(vectors), large.approximate_index(vectors)
    counts, hidden = np.ones((2, 12)), torch.ones(2, 4, 3)
    mask, many = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]), {"draws": 3, "seed": 0}
    scores = {"one": column, "two": other[:, 0]}
    intervals = {"gold": gold, "resamples": 20, "level": 0.9, "seed": 0}
    return {
        "cka.linear_cka": Call(cka.linear_cka, {"a": vectors, "b": other, "estimator": "plain"}),
        "cka.cka_floor": Call(cka.cka_floor, {"a": vectors, "b": other, "estimator": "plain", **many}),
        "comparisons.spearman_differences": Call(
            comparisons.spearman_differences, {"scores": scores, "reference": "one", **intervals}
        ),
        "comparisons.spearman_intervals": Call(comparisons.spearman_intervals, {"scores": scores, **intervals}),
        "comparisons.rank_correlations": Call(
            comparisons.rank_correlations, {"scores": column, "gold": gold, "counts": counts}, nan=True
        ),
        "contrastive.in_batch_loss": Call(
            contrastive.in_batch_loss, {"anchors": torch.eye(3), "candidates": torch.eye(3), "scale": 20.0}
        ),
        "costs.comparison_costs": Call(costs.comparison_costs, {"lengths": [5, 7, 6], "extra": -1}),
        "duplicates.f1": Call(duplicates.f1, {"called": column > 0, "duplicate": gold > 0}),
        "duplicates.choose_threshold": Call(duplicates.choose_threshold, {"cosines": column, "duplicate": gold > 0}),
        "geometry.alignment": Call(geometry.alignment, {"a": vectors, "b": other}),
        "geometry.uniformity": Call(geometry.uniformity, {"vectors": vectors, "t": 2.0}),
        "large.padding_share": Call(large.padding_share, {"lengths": [2, 8, 2], "batch_size": 2, "by_length": True}),
        "large.exact_search": Call(large.exact_search, {"queries": vectors[:2], "vectors": other, "k": 3, "block": 5}),
        "large.approximate_index": Call(large.approximate_index, {"vectors": vectors, "connectivity": 4, "expansion": 8}),
        "large.approximate_search": Call(large.approximate_search, {"index": index, "queries": vectors[:2], "k": 3}),
        "large.shared_at": Call(large.shared_at, {"found": [[3, 1]], "exact": [[1, 2]]}),
        "large.gigabytes": Call(large.gigabytes, {"texts": 1000, "dimensions": 256, "bytes_a_number": 2}),
        "large.extrapolate": Call(large.extrapolate, {"sizes": [10, 20], "seconds": [1.0, 2.0], "to": 40}),
        "pooling.masked_mean": Call(pooling.masked_mean, {"hidden": hidden, "mask": mask}, nan=True),
        "pooling.masked_max": Call(pooling.masked_max, {"hidden": hidden, "mask": mask}, nan=True),
        "pooling.check_pooling": Call(pooling.check_pooling, {"pooling": "mean", "layer": -1, "layers": 4}),
        "postprocessing.fit_centring": Call(postprocessing.fit_centring, {"vectors": vectors}),
        "postprocessing.fit_zscoring": Call(postprocessing.fit_zscoring, {"vectors": vectors}),
        "postprocessing.fit_whitening": Call(postprocessing.fit_whitening, {"vectors": vectors, "dimensions": 2}),
        "postprocessing.Postprocessing.apply": Call(correction.apply, {"vectors": vectors}),
        "probing.fit_probe": Call(probing.fit_probe, {"train": vectors, "labels": labels, "strength": 1.0}),
        "probing.probe": Call(probing.probe, {"vectors": vectors, "labels": labels, "split": split, "strengths": (0.1, 1.0)}),
        "probing.neighbour_vote": Call(
            probing.neighbour_vote, {"vectors": vectors, "labels": labels, "split": split, "neighbours": (1, 3)}
        ),
        "probing.majority": Call(probing.majority, {"labels": labels, "split": split}),
        "probing.dimension_shares": Call(probing.dimension_shares, {"vectors": abs(vectors), "pairs": 50, "seed": 0}),
        "probing.partner_rank": Call(probing.partner_rank, {"vectors": vectors, "rows": [0, 5]}),
        "separation.label_share": Call(separation.label_share, {"vectors": vectors, "labels": labels}),
        "separation.shuffled_shares": Call(separation.shuffled_shares, {"vectors": vectors, "labels": labels, **many}),
        "similarity.cosine": Call(similarity.cosine, {"a": vectors, "b": other}),
        "similarity.cosine_matrix": Call(similarity.cosine_matrix, {"a": vectors, "b": other}),
        "similarity.random_pairs": Call(similarity.random_pairs, {"n": 12, "pairs": 20, "seed": 0}),
        "similarity.random_pair_cosines": Call(similarity.random_pair_cosines, {"vectors": vectors, "pairs": 20, "seed": 0}),
        "similarity.nearest": Call(similarity.nearest, {"query": 3, "vectors": vectors, "k": 2}),
    }


def _of_texts(things: Things) -> dict[str, Call]:
    from course_utils import data, objectives, on_request, segments, similarity, subwords, texts, tokens

    tokenizer, pieces = things.encoder.tokenizer, {"t", "te", "##a"}
    ids = np.array([[2, 5, 6, 7, 3]])
    passages = data.load_data("passages").head(12).assign(subject=["one"] * 6 + ["two"] * 6)
    masking = {"ids": ids, "special": ids < 5, "draws": np.full((2, 1, 5), 0.1), "random_ids": ids, "mask_id": 4, "rate": 0.15}
    a_and_b = {"a": TEXTS[:2], "b": TEXTS[2:4], "tokenizer": tokenizer}
    return {
        "data.load_data": Call(data.load_data, {"name": "passages", "split": None, "source": "bundled"}),
        "data.validate": Call(data.validate, {"name": "passages", "frame": data.load_data("passages").head(3)}),
        "data.control_labels": Call(data.control_labels, {"texts": TEXTS, "classes": 3, "seed": 0}),
        "data.wanted_set": Call(data.wanted_set, {"name": "sts"}),
        "objectives.mask_tokens": Call(objectives.mask_tokens, masking),
        "objectives.mask_batch": Call(objectives.mask_batch, {"ids": ids, "tokenizer": tokenizer, "rate": 0.5, "seed": 0}),
        "on_request.online": Call(
            lambda needs, minutes: on_request.online(needs, minutes=minutes), {"needs": "bert-base-uncased", "minutes": 2}
        ),
        "segments.assemble": Call(segments.assemble, {"a": [5, 6], "b": [7], "cls_id": 2, "sep_id": 3}),
        "segments.segment_pairs": Call(
            segments.segment_pairs, {"passages": passages, "tokenizer": tokenizer, "length": 40, "seed": 0}
        ),
        "similarity.tfidf_vectors": Call(similarity.tfidf_vectors, {"texts": TEXTS, "fit_on": TEXTS}),
        "subwords.longest_match": Call(subwords.longest_match, {"rest": "tea", "vocabulary": pieces, "start": True}),
        "subwords.wordpiece": Call(subwords.wordpiece, {"word": "tea", "vocabulary": pieces}),
        "subwords.wordpiece_walk": Call(subwords.wordpiece_walk, {"word": "tea", "vocabulary": pieces}),
        "subwords.train_pieces": Call(subwords.train_pieces, {"texts": TEXTS, "size": 30, "method": "BPE"}),
        "subwords.learn_merges": Call(subwords.learn_merges, {"counts": {"hug": 10, "pug": 5}, "merges": 2}),
        "texts.read_texts": Call(texts.read_texts, {"source": TEXTS, "column": None, "encoding": "utf-8"}),
        "tokens.is_wordpiece": Call(tokens.is_wordpiece, {"tokenizer": tokenizer}),
        "tokens.bert_words": Call(tokens.bert_words, {"text": "Tea, please.", "tokenizer": tokenizer}),
        "tokens.tokens_a_word": Call(tokens.tokens_a_word, {"texts": ["tea tea"], "pieces": ["te", "##a"]}),
        "tokens.text_of_span": Call(
            tokens.text_of_span, {"text": "Tea, please.", "offsets": [(0, 3), (3, 4), (5, 11)], "first": 0, "last": 2}
        ),
        "tokens.fertility": Call(tokens.fertility, {"texts": TEXTS, "tokenizer": tokenizer}),
        "tokens.count_tokens": Call(tokens.count_tokens, {"texts": TEXTS, "tokenizer": tokenizer}),
        "tokens.fertility_difference": Call(tokens.fertility_difference, a_and_b),
        "tokens.jaccard": Call(tokens.jaccard, {"a": ["the", "dog"], "b": ["the", "cat"]}),
        "tokens.pad_batch": Call(tokens.pad_batch, {"rows": [[2, 9, 3], [2, 3]], "pad_id": 0}),
        "tokens.truncate": Call(tokens.truncate, {"ids": [2, 11, 12, 13, 3], "limit": 4}),
    }


def _of_models(things: Things) -> dict[str, Call]:
    import torch

    from course_utils import attention, embedding, large, models, objectives, pooling, search, segments, tokens, weighting
    from course_utils.pretraining.evaluation import fill_mask

    encoder, model = things.encoder, things.model
    batch = dict(encoder.tokenizer(TEXTS[:2], padding=True, return_tensors="pt"))
    pair = {"true next": [([5, 6], [7])] * 4, "other subject": [([5, 6], [8])] * 4}
    with torch.inference_mode():
        output = encoder.model(**batch, output_hidden_states=True)
        scored = model(**batch)
    index = search.SearchIndex.build(TEXTS, encoder, "mean")
    size = len(encoder.tokenizer)
    many = {"texts": TEXTS, "encoder": encoder}
    loaded = {"device": "cpu", "seed": 0}
    return {
        "attention.token_groups": Call(attention.token_groups, {"ids": [2, 5, 3], "tokenizer": encoder.tokenizer}),
        "attention.attention_shares": Call(attention.attention_shares, {"encoder": things.eager, "batch": batch, "rows": 1}),
        "embedding.check_texts": Call(embedding.check_texts, {"texts": TEXTS}),
        "embedding.embed": Call(embedding.embed, {**many, "pooling": "mean", "layer": -1, "batch_size": 2}),
        "embedding.embed_each": Call(embedding.embed_each, {**many, "ways": [("cls", -1), ("mean", 0)], "batch_size": "auto"}),
        "large.embed_collection": Call(large.embed_collection, {**many, "pooling": "mean", "precision": "float32", "chunk": 4}),
        "large.known_pooling": Call(large.known_pooling, {"encoder": encoder, "pooling": "mean"}),
        "large.combined_texts": Call(large.combined_texts, {"n": 2, "words": 3, "seed": 0}),
        "models.load_encoder": Call(
            models.load_encoder,
            {"name": things.path, "like": None, "revision": None, "precision": "float32", "attention": "sdpa", **loaded},
        ),
        "models.load_pretraining_model": Call(
            models.load_pretraining_model, {"name": things.path, "device": "cpu", "attention": "sdpa"}
        ),
        "models.training_curve": Call(models.training_curve, {"name": "mini-bert-mlm"}, run=False),
        "models.locate": Call(models.locate, {"name": things.path, "revision": None}),
        "objectives.heads_of": Call(objectives.heads_of, {"model": model}),
        "objectives.load_with_heads": Call(objectives.load_with_heads, {"name": "untrained", "like": model, **loaded}),
        "objectives.embedding_parts": Call(objectives.embedding_parts, {"encoder": encoder, "batch": batch}),
        "objectives.position_gradients": Call(
            objectives.position_gradients,
            {"model": model, "batch": batch, "loss_of": lambda output: output.prediction_logits.square().mean()},
        ),
        "objectives.mlm_logits": Call(objectives.mlm_logits, {"output": scored}),
        "objectives.next_probability": Call(objectives.next_probability, {"model": model, "batch": batch, "rows": 1}),
        "objectives.mlm_predictions": Call(objectives.mlm_predictions, {"model": model, "batch": batch, "rows": 1}),
        "pooling.pool": Call(pooling.pool, {"output": output, "mask": batch["attention_mask"], "pooling": "mean", "layer": -1}),
        "pretraining.evaluation.fill_mask": Call(
            fill_mask, {"model": model, "tokenizer": encoder.tokenizer, "text": "the [MASK] goose", "k": 2}
        ),
        "search.recall_at": Call(search.recall_at, {"found": ["p3", "p1"], "right": {"p1", "p9"}, "k": 2}),
        "search.reciprocal_rank": Call(search.reciprocal_rank, {"found": ["p3", "p1"], "right": {"p1", "p9"}}),
        "search.fuse_rankings": Call(search.fuse_rankings, {"rankings": [["a", "b"], ["b", "c"]], "k": 60}),
        "search.model_checksum": Call(search.model_checksum, {"encoder": encoder}),
        "search.SearchIndex.build": Call(search.SearchIndex.build, {**many, "pooling": "mean", "precision": "float16"}),
        "search.SearchIndex.search": Call(index.search, {"query": "tea", "k": 2}),
        "segments.pair_batch": Call(segments.pair_batch, {"pairs": [([5, 6], [7])], "encoder": encoder}),
        "segments.masked_pairs": Call(
            segments.masked_pairs, {"pairs": pair, "encoder": encoder, "every": 2, "start": 1, "rate": 0.5, "seed": 0}
        ),
        "tokens.padded_means": Call(
            tokens.padded_means, {"ids": torch.tensor([[2, 5, 6, 3]]), "padding": 2, "encoder": encoder}
        ),
        "weighting.token_idf": Call(weighting.token_idf, {"texts": TEXTS, "encoder": encoder}),
        "weighting.embed_weighted": Call(weighting.embed_weighted, {**many, "weights": {"all": np.ones(size)}, "layer": -1}),
    }


def _of_scores() -> dict[str, Call]:
    from course_utils import published, repetition, replication, scores, statistics

    given, rng = _arrays(), np.random.default_rng(1)
    columns = {"gold": given["gold"], "resamples": 20, "level": 0.9, "seed": 0}
    one, two = ({"random": rng.normal(size=(2, 1000))} for _ in range(2))
    metric = {"metric": "random cosine"}
    both, settings = {**metric, "a": one, "b": two}, {"resamples": 20, "seed": 0}
    runs = replication.replications()
    verdict = statistics.judge_fact("one", True, "1 of 1")
    column = given["column"]
    return {
        "published.published_rows": Call(published.published_rows, {"setting": "bert-base-uncased: [CLS] of layer 12"}),
        "published.beside_published": Call(
            published.beside_published, {"scores": {"mine": column}, "gold": given["gold"], "resamples": 20}
        ),
        "replication.replications": Call(replication.replications, {}),
        "replication.Replications.of": Call(runs.of, {"training": "sentiment", "pooling": "cls"}),
        "scores.average_precision": Call(
            scores.average_precision, {"cosines": column, "counts": np.ones((2, 12)), "gold": np.arange(12.0)}
        ),
        "repetition.repeated_verdicts": Call(repetition.repeated_verdicts, {"notebook": "03"}),
        "repetition.counted": Call(repetition.counted, {"again": AGAIN}),
        "repetition.settle": Call(repetition.settle, {"verdict": verdict, "again": AGAIN}),
        "scores.score": Call(scores.score, {**metric, "outcomes": one, **settings}),
        "scores.score_difference": Call(scores.score_difference, {**both, **settings}),
        "scores.seed_differences": Call(scores.seed_differences, {**both, **settings}),
        "scores.judge_scores": Call(scores.judge_scores, {"claim": "one is above", **both, "margin": 0.0}),
        "statistics.bootstrap": Call(
            statistics.bootstrap,
            {"statistic": lambda rows: rows.mean(), "n": 12, "resamples": 20, "level": 0.9, "seed": 0},
        ),
        "statistics.spearman": Call(statistics.spearman, {"scores": column, "gold": given["gold"]}, nan=True),
        "statistics.spearman_interval": Call(statistics.spearman_interval, {"scores": column, **columns}),
        "statistics.spearman_difference": Call(
            statistics.spearman_difference, {"a": column, "b": given["other"][:, 0], **columns}
        ),
        "statistics.judge": Call(
            statistics.judge, {"claim": "one", "difference": statistics.Interval(0.2, 0.1, 0.3), "margin": 0.0}
        ),
        "statistics.judge_fact": Call(statistics.judge_fact, {"claim": "one", "holds": True, "measured": "1 of 1"}),
        "statistics.ledger": Call(statistics.ledger, {"entries": [("folklore", verdict)], "again": AGAIN}),
    }


def _of_files(things: Things) -> dict[str, Call]:
    from course_utils import ledgers, search, sizing
    from course_utils.publishing import BUDGETS
    from course_utils.workspace import ROOT

    index = search.SearchIndex.build(TEXTS, things.encoder, "mean")
    saved = index.save(things.folder / "index")
    notebooks = ROOT / "notebooks"
    statements = [ledgers.Statement("Cosines are high", (("00", "no such claim"),))]
    return {
        "ledgers.find_notebooks": Call(ledgers.find_notebooks, {"folder": notebooks}),
        "ledgers.read_ledger": Call(ledgers.read_ledger, {"path": next(notebooks.glob("00_*.ipynb"))}),
        "ledgers.course_ledger": Call(
            ledgers.course_ledger, {"folder": notebooks, "statements": statements, "here": (), "again": AGAIN}, run=False
        ),
        "ledgers.count_verdicts": Call(ledgers.count_verdicts, {"folder": notebooks}, run=False),
        "search.SearchIndex.save": Call(index.save, {"folder": saved}, run=False),
        "search.SearchIndex.load": Call(search.SearchIndex.load, {"folder": saved, "encoder": things.encoder}),
        "sizing.reserve_gb": Call(sizing.reserve_gb, {"table": BUDGETS}),
        "sizing.sizing": Call(sizing.sizing, {"learners": 12, "table": BUDGETS, "peak_gb": 2.0}),
        "sizing.as_markdown": Call(sizing.as_markdown, {"learners": (6, 12), "table": BUDGETS}),
    }


def _of_trainings(things: Things) -> dict[str, Call]:
    """Calls that take seconds or change the process: only what can never be right is tried."""
    import pandas as pd

    import course_utils as cu
    from course_utils import costs, large, replication, session, tasks, training

    encoder = things.encoder
    triples = pd.DataFrame(dict.fromkeys(("anchor", "positive", "negative"), TEXTS[:3]))
    settings = {"epochs": 1, "batch_size": 2, "learning_rate": 1e-4, "seed": 0}
    many = {"texts": TEXTS, "encoder": encoder}
    queries = np.ones((1, encoder.dimension))
    classifier = {**many, "labels": [0, 1] * 3, "pooling": "cls", **settings, "watch": TEXTS[:1], "watch_at": (0,)}
    siamese = {"encoder": encoder, "triples": triples, "pooling": "mean", **settings, "scale": 20.0}
    timed = {**many, "pooling": "mean", "queries": queries, "sizes": (2, 6), "k": 1}
    devices = {**many, "pooling": "mean", "devices": ["cpu", "cpu"], "batch_size": 2}
    evaluated = {"vectorise": cu.tfidf_vectors, "outcomes": ["search"]}
    sentences = {"encoder": encoder, "pooling": "mean"}
    retrained = {"training": "topic", "seed": 0, "encoder": encoder}
    return {
        "costs.time_comparisons": Call(costs.time_comparisons, {**many, "sizes": [2]}, run=False),
        "large.embed_on_devices": Call(large.embed_on_devices, devices, run=False),
        "large.timed_collection": Call(large.timed_collection, timed, run=False),
        "replication.train": Call(replication.train, retrained, run=False),
        "replication.evaluate_both": Call(replication.evaluate_both, {"encoder": encoder, "outcomes": ["search"]}, run=False),
        "session.setup": Call(session.setup, {"seed": 0, "threads": 2}, run=False),
        "tasks.evaluate": Call(tasks.evaluate, evaluated, run=False),
        "training.fine_tune_classifier": Call(training.fine_tune_classifier, {**classifier, "max_steps": 1}, run=False),
        "training.train_sentence_encoder": Call(training.train_sentence_encoder, siamese, run=False),
        "training.as_sentence_transformer": Call(training.as_sentence_transformer, sentences, run=False),
    }
