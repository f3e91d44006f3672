"""Small made-up inputs for every figure of the course: names as they are in the notebooks, numbers near to theirs."""

import numpy as np
import pandas as pd

from course_utils.statistics import Interval, Verdict

KINDS = ["para_high", "para_low", "negation", "role_swap", "number", "time_place", "same_topic", "unrelated"]
SYSTEMS = ["[CLS]", "mean", "untrained [CLS]", "untrained mean", "TF-IDF"]
CHOICE = ["TF-IDF", "raw [CLS]", "raw mean", "[CLS] tuned for topic", "siamese [CLS]", "siamese mean", "untrained mean"]
TOPICS = ["bakery", "bicycle", "garden", "hotel", "museum", "radio"]


def around(value, half=0.04):
    return Interval(value, value - half, value + half)


def values(names, start=0.25, step=0.08, half=0.04):
    return {name: around(start + step * i, half) for i, name in enumerate(names)}


def verdict(value, outcome):
    return Verdict("a claim", around(value, 0.03), outcome)


def tokenization():
    sentence = "[CLS] the old miller kept sev ##ente ##en grey geese behind his mill and sold their eggs on market day [SEP]"
    tokens = sentence.split()
    words, word = [], -1
    for token in tokens:
        word += not token.startswith(("##", "["))
        words.append(None if token.startswith("[") else word)
    steps = [(0, end, end == 5) for end in range(11, 4, -1)] + [(5, 11, False), (5, 10, False), (5, 9, True), (9, 11, True)]
    kinds = ["stories", "news", "names", "code", "misspelt", "chemistry", "German", "Japanese"]
    batch = [["[CLS]", "a", "short", "one", "[SEP]", "[PAD]"], ["[CLS]", "geese", "walk", "##ed", "home", "[SEP]"]]
    growing = {0: 0.0, 4: 0.05, 16: 0.13, 64: 0.24}
    return {
        "subword_view": (tokens, list(range(101, 101 + len(tokens))), words, "19 words between spaces, 22 tokens"),
        "longest_match_walk": ("lighthouses", steps, "lighthouses: 11 candidates, 3 found"),
        "fertility_by_kind": (
            values(kinds, 1.2, 0.3, 0.1),
            dict(zip(kinds, np.linspace(0, 0.9, 8), strict=True)),
            "Most tokens a word: Japanese; fewest: stories, with 0% of the words lost",
        ),
        "vocabulary_curve": (
            dict(zip((200, 400, 800, 1600, 3200), (3.1, 2.4, 1.9, 1.5, 1.2), strict=True)),
            dict(zip((200, 400, 800, 1600, 3200), (3.2, 2.7, 2.3, 2.1, 1.9), strict=True)),
            ("mini-bert", 8000, 1.25),
            "From 200 to 3,200 entries: 3.20 to 1.90 tokens a word on new text",
        ),
        "batch_grid": (batch, [[1, 1, 1, 1, 1, 0], [1] * 6], "1 of 12 positions are filled up and masked"),
        "padding_bug": (
            {
                "both masked": dict.fromkeys(growing, 0.0),
                "mean forgets": {p: 0.8 * d for p, d in growing.items()},
                "model forgets": {p: 0.75 * d for p, d in growing.items()},
                "both forget": growing,
            },
            0.17,
            "64 paddings move the mean by 0.24 without the mask, by 0.00 with it",
        ),
    }


def special_tokens():
    rng = np.random.default_rng(0)
    tokens = ["[CLS]", "the", "geese", "slept", "[SEP]", "they", "were", "tired", "[SEP]"]
    parts = {name: rng.normal(size=(9, 20)) for name in ("token", "segment", "position", "LayerNorm\nof the sum")}
    guess = [("water", 0.62), ("bread", 0.12), ("milk", 0.06), ("time", 0.03), ("food", 0.02)]
    blank = {f"She drank a glass of [MASK], version {i}.": guess for i in range(4)}
    profile = {"MLM + NSP": np.full(30, 1e-4), "MLM": np.full(30, 8e-5)}
    profile["MLM + NSP"][0], profile["MLM"][0] = 1.5e-3, 0.0
    for line in profile.values():
        line[-1] = 0.0
    groups = ("[CLS]", "[SEP]", "selected tokens", "other tokens")
    table = {name: {group: np.geomspace(0.2e-4, 15e-4, 5) for group in groups} for name in ("MLM", "MLM + NSP")}
    table["MLM"] = table["MLM"] | {"[CLS]": np.array([1e-4, 1e-4, 1e-4, 1e-4, 0.0])}
    shares = values(["true next", "other subject", "swapped order", "same sentence"], 0.9, -0.2)
    right = {"next or other subject": around(0.9), "next or swapped order": around(0.6)}
    return {
        "embedding_strips": (parts, tokens, "Three embeddings add up to what mini-bert reads (16 of 256 dimensions)"),
        "blanks": (blank, "mini-bert fills the blanks with: water, water, water, water"),
        "gradient_profile": (profile, "Gradient at the last [CLS]: 15 x a token under MLM + NSP, exactly 0 under MLM"),
        "gradient_table": (table, "Under MLM + NSP the last [CLS] gets 4.2 times what a selected token gets"),
        "next_shares": (
            shares,
            right,
            {"NSP model: NSP": 0.905, "NSP model: order": 0.52},
            '"Is next": 0.90 of the true pairs, 0.50 when swapped, 0.70 of other subjects',
        ),
        "attention_bars": (
            {name: np.tile([0.2, 0.35, 0.1, 0.35], (4, 1)) for name in ("mini-bert", "mini-bert-mlm", "untrained")},
            np.array([0.05, 0.1, 0.1, 0.75]),
            ("[CLS]", "[SEP]", "punctuation", "other tokens"),
            "[SEP] gets most attention in layer 3: 0.35; spread evenly 0.10",
        ),
    }


def comparison():
    rng = np.random.default_rng(0)
    published = {"BERT-base [CLS], STS-B": (0.165, 0.203), "average GloVe, STS-B": (0.58, 0.58)}
    tokens = 1e6 * np.array([0, 1, 2, 4, 8, 16, 32, 50])
    curve = pd.DataFrame(
        {"tokens": tokens}
        | {
            f"{part}_{way}": np.linspace(0.2, high, 8)
            for part, way, high in (("sts", "cls", 0.3), ("sts", "mean", 0.31), ("stsb", "cls", 0.2), ("stsb", "mean", 0.55))
        }
    )
    by_layer = {
        "[CLS]": {layer: around(0.2 + 0.03 * layer) for layer in range(1, 5)},
        "mean": {layer: around(0.3 + 0.01 * layer) for layer in range(5)},
    }
    read = {name: values([*SYSTEMS, "majority"], 0.5, -0.07) for name in ("topic", "sentiment", "length")}
    return {
        "cosine_distributions": (
            {name: rng.beta(20 - 5 * i, 2 + i, 500) for i, name in enumerate(SYSTEMS[:4])},
            "Mean cosine of unrelated sentences: [CLS] 0.91, mean 0.83",
        ),
        "forest": (values(SYSTEMS), "Rank agreement: [CLS] 0.25, mean 0.33, TF-IDF 0.57", "Spearman with the score", published),
        "layers": (by_layer, "Highest: layer 4 for [CLS], layer 4 for the mean", "Spearman with the score"),
        "strata": (
            {
                name: dict(zip(KINDS, np.linspace(0.95 - 0.1 * i, 0.1 * i, 8), strict=True))
                for i, name in enumerate(("score", "[CLS]", "mean", "TF-IDF"))
            },
            "[CLS]: same meaning, other words 0.71; roles swapped 0.82",
            "mean cosine (score: divided by 5)",
        ),
        "training_curves": (
            {"mini-bert": curve, "mini-bert-mlm": curve},
            {"our main part": "sts", "STS-B dev": "stsb"},
            "On our pairs [CLS] falls to 0.20 with NSP and to 0.20 without",
            "Spearman",
        ),
        "probe_panels": (read, "A probe on [CLS]: topic 0.50, sentiment 0.50, length 0.50"),
        "two_readings": (
            values(SYSTEMS),
            read["topic"],
            values(SYSTEMS, 0.32, -0.03),
            {"BERT-base [CLS]": (0.29, 0.85), "BERT-base mean": (0.55, 0.85), "average GloVe": (0.61, 0.82)},
            "The mean minus [CLS]: +0.08 by cosine, -0.07 by a probe",
        ),
        "shares_of_dimensions": (
            {"[CLS]": 0.5 ** np.arange(1, 65), "mean": 0.8 ** np.arange(1, 65) / 4, "untrained [CLS]": np.full(64, 1 / 64)},
            "Three of 64 dimensions make 88% of the mean cosine of [CLS]",
        ),
    }


def pooling():
    rng = np.random.default_rng(0)
    tokens = ["[CLS]", "the", "miller", "slept", ".", "[SEP]", "[PAD]", "[PAD]"]
    lengths = (16, 32, 64, 128)
    mistakes = ("mean forgets", "model not told", "both", "mixed lengths")
    curves = {name: {length: around(0.5 - i * length / 900) for length in lengths} for i, name in enumerate(mistakes)}
    fits = {
        name: dict(zip((8, 32, 128, 256), 0.3 + 0.05 * i + np.arange(4) / 30, strict=True))
        for i, name in enumerate(("stories", "reviews", "pairs of train", "the test pairs"))
    }
    leak = {name: {n: around(0.45 + 0.05 * i) for n in (200, 400, 800)} for i, name in enumerate(("the same part", "another"))}
    names = {"poolings": ["[CLS]", "max", "whitened to a quarter (paraphrases)"], "controls": ["untrained mean", "TF-IDF"]}
    outcomes = dict(
        zip(
            [label for labels in names.values() for label in labels],
            ("not supported", "undecided", "supported", "not supported", "supported"),
            strict=True,
        )
    )
    judged = {label: verdict({"supported": 0.1, "undecided": 0.01}.get(word, -0.1), word) for label, word in outcomes.items()}
    kinds = np.repeat(KINDS, 20)
    overlap = np.repeat(np.linspace(0.9, 0.05, 8), 20) + rng.normal(0, 0.03, 160)
    scores = np.repeat([4.8, 4.5, 1.2, 1.5, 2.0, 2.2, 1.0, 0.1], 20)
    return {
        "masked_mean_picture": (tokens, [1] * 6 + [0] * 2, rng.normal(size=(8, 6)), "6 of 8 positions make the vector"),
        "padding_curves": (
            curves,
            around(0.52),
            {name: {length: 1 - length / 400 for length in lengths} for name in mistakes},
            0.55,
            "At 128 tokens, masked: 0.52; both forget: 0.22",
        ),
        "correction_curves": (fits, leak, 0.48, "Raw mean 0.48; whitened, at most 0.55"),
        "difference_forest": (
            names,
            {"main part": judged, "without para_low": judged},
            "2 of 5 ways are above the raw mean on both sets of pairs",
            "Spearman minus that of the raw mean",
        ),
        "shared_words": (
            overlap,
            0.5 + 0.4 * overlap,
            kinds,
            scores,
            KINDS,
            "Roles swapped 0.75; same meaning in other words 0.82",
        ),
    }


def fine_tuning():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(300, 2))
    two, six = rng.choice(["negative", "positive"], 300), rng.choice(TOPICS, 300)
    panels = {
        f"{label}, {part}": (places, labels)
        for label, labels in (("sentiment", two), ("topic", six))
        for part in ("not tuned", "training", "test")
    }
    vectors = rng.normal(size=(36, 12)) + np.repeat(rng.normal(size=(6, 12)), 6, axis=0)
    cosines = np.corrcoef(vectors)
    blocks = {
        "sentiment": ({"before": cosines, "after": cosines**2}, ["negative"] * 18 + ["positive"] * 18),
        "topic": ({"before": cosines, "after": cosines**2}, np.repeat(TOPICS, 6)),
    }
    falling = {layer: 1 - layer / 6 for layer in range(5)}
    cka = {
        f"tuned on {task}": {"[CLS]": falling, "mean": {k: v + 0.02 for k, v in falling.items()}}
        for task in ("sentiment", "topic")
    }
    cka["untrained"] = {f"untrained {label}": {k: v / 2 for k, v in falling.items()} for label in ("[CLS]", "mean")}
    words = "[CLS] the bread was warm and the baker kind [SEP]".split()
    ways = ["[CLS] tuned", "[CLS] frozen", "mean frozen", "TF-IDF", "[CLS] tuned, untrained", "[CLS] tuned, labels shuffled"]
    rows = {name: (around(0.9 - 0.07 * i), [0.9 - 0.07 * i + d for d in (-0.01, 0, 0.02)]) for i, name in enumerate(ways)}
    reads, tuned = ("sentiment", "topic", "similarity"), ("not tuned", "sentiment", "topic")
    cell = {
        (t, p): (around(0.5 + 0.1 * i + 0.05 * j), [0.5 + 0.1 * i, 0.52 + 0.1 * i])
        for i, t in enumerate(tuned)
        for j, p in enumerate(("cls", "mean"))
    }
    change = {
        (t, p): (around(0.1 * i - 0.15), [0.1 * i - 0.17, 0.1 * i - 0.13]) for i, t in enumerate(tuned) for p in ("cls", "mean")
    }
    return {
        "projections": (
            panels,
            "Sentiment explains 70% of [CLS] on training reviews, 40% on test reviews",
            ("first principal component", "second principal component"),
        ),
        "similarity_blocks": (blocks, "Same label minus other label: sentiment 0.01 to 0.60, topic 0.02 to 0.50"),
        "cka_by_layer": (cka, 0.05, "CKA of [CLS] with itself before, last layer: 0.33 (sentiment), 0.33 (topic)"),
        "attention_and_effect": (
            words,
            np.linspace(0.02, 0.3, 10),
            np.linspace(0.5, 0.01, 10),
            "Three tokens have 60% of the attention and 50% of the effect",
            ("attention of [CLS]", "how far [CLS] moves without it"),
        ),
        "controls_forest": (
            {"sentiment": (rows, 0.5), "topic": (dict(list(rows.items())[:4]), 0.2)},
            "Tuned [CLS] minus frozen mean: sentiment +0.14, topic +0.14",
        ),
        "transfer_matrix": (
            dict.fromkeys(reads, cell),
            dict.fromkeys(reads, change),
            {"sentiment": "test accuracy", "topic": "test accuracy", "similarity": "Spearman"},
            dict.fromkeys(reads, 0.62),
            "Tuning on one task changes the other by -0.05 and -0.15",
        ),
    }


def sentence_bert():
    both = {"[CLS]": (around(0.3), around(0.55), [0.54, 0.56]), "mean": (around(0.45), around(0.62), [0.61, 0.63])}
    grey = values(["TF-IDF", "untrained [CLS]", "untrained mean"], 0.1, 0.08)
    before, after = np.linspace(0.98, 0.85, 8), np.linspace(0.95, 0.1, 8)
    shift = {label: dict(zip(KINDS, zip(before, after, strict=True), strict=True)) for label in ("[CLS]", "mean")}
    found = {label: (around(0.5 + 0.05 * i), [0.49 + 0.05 * i, 0.51 + 0.05 * i]) for i, label in enumerate(("[CLS]", "mean"))}
    points = {
        "[CLS]": (np.array([0.1]), np.array([-0.4])),
        "mean": (np.array([0.2]), np.array([-0.9])),
        "trained [CLS]": (np.array([0.4, 0.42]), np.array([-2.5, -2.6])),
        "trained mean": (np.array([0.41, 0.44]), np.array([-2.6, -2.7])),
        "untrained mean": (np.array([0.5]), np.array([-1.0])),
    }
    return {
        "comparison_times": (
            {"bi-encoder": {10: 0.05, 20: 0.1, 40: 0.2}, "cross-encoder": {10: 0.5, 20: 2.0, 40: 8.0}},
            {"65 hours": 234000, "5 seconds": 5},
            "mini-bert on cpu: one grows with n, the other with its square",
        ),
        "batch_matrix": (
            dict.fromkeys(("before", "after"), np.linspace(-0.1, 1, 50).reshape(5, 10)),
            "Mean cosine: other triples 0.83 to 0.10; own hard negative 0.90 to 0.66",
        ),
        "loss_curves": (
            {"[CLS]": [3.2, 1.5, 1.0, 0.8], "mean": [2.6, 1.2, 0.9, 0.7]},
            4.85,
            "Two poolings, one objective: losses of 0.8 ([CLS]) and 0.7 (mean)",
        ),
        "before_after": (
            dict.fromkeys(("main part", "hard strata"), both),
            dict.fromkeys(("main part", "hard strata"), grey),
            "Change on the main part: [CLS] +0.25, mean +0.17",
        ),
        "strata_shift": (
            shift,
            dict(zip(KINDS, (4.8, 4.5, 1.2, 1.5, 2.0, 2.2, 1.0, 0.1), strict=True)),
            "Change of the mean's cosine: unrelated -0.75, negation -0.10",
        ),
        "trained_and_read": (dict.fromkeys(found, found), "Lost by the other pooling: 0.05 ([CLS]), 0.05 (mean)"),
        "alignment_uniformity": (points, "Change of uniformity by training: [CLS] -2.15, mean -1.75"),
    }


def choosing():
    rng = np.random.default_rng(0)
    tables = {name: rng.integers(0, 30, (6, 6)) for name in ("TF-IDF", "siamese mean", "[CLS] tuned for topic")}
    pairs = pd.DataFrame(
        rng.integers(0, 90, (7, 7)),
        CHOICE,
        ["para_high", "para_low", "negation", "role swap", "number", "time_place", "same_topic"],
    )
    tasks = {
        "search": "search, MRR",
        "clusters": "clusters, V-measure",
        "pairs": "duplicates, precision",
        "sts": "similarity, Spearman",
        "hard": "hard pairs, Spearman",
        "topic": "topic, probe",
        "sentiment": "sentiment, probe",
    }
    sizes = np.array([500, 1000, 2000, 5000, 10000, 20000])
    times = pd.DataFrame(
        {"size": sizes, "embedding": sizes / 250, "building": sizes / 4000, "exact": sizes / 2e7, "approximate": 2e-4}
    )
    ledger = pd.DataFrame(
        [(1 + i % 4, f"0{1 + i % 7}", ("supported", "not supported", "undecided", "not found")[i % 4]) for i in range(16)],
        columns=["statement", "notebook", "verdict"],
    )
    return {
        "rank_strips": (
            {name: np.exp(rng.uniform(0, 6, 80)).round() for name in CHOICE},
            400,
            dict.fromkeys(CHOICE, "0.55 [0.49, 0.61]"),
            "Highest recall@10 of 400 passages: siamese mean, 0.82",
        ),
        "topic_clusters": (
            tables,
            TOPICS,
            dict.fromkeys(tables, "V-measure 0.41"),
            "Six topics, six clusters; at random V-measure is 0.02",
        ),
        "first_pairs": (
            pairs,
            2,
            "Right among the first 200: siamese mean 62%, TF-IDF 41%",
            "kind of pair (left of the line: duplicates)",
        ),
        "systems_by_tasks": (
            {task: values(CHOICE, 0.2, 0.07) for task in tasks},
            dict.fromkeys(tasks, 0.1),
            tasks,
            "Seven tasks, 4 different systems with the highest value",
        ),
        "padding_boxes": (rng.integers(4, 90, 64), 16, "All 1,500 texts: 45% padding, sorted 3%"),
        "collection_times": (times, [1_000_000, 10_000_000], "20,000 texts: embedded in 80 s, exact search 1.0 ms a query"),
        "thesis_verdicts": (
            ledger,
            [
                "The [CLS] vector is no ready-made sentence embedding when it comes out of pre-training.",
                "What it holds can be read with a probe.",
                "Fine-tuning makes it one.",
                "Word counts are strong.",
            ],
            "The thesis: 4 supported, 4 not supported, 4 undecided, 4 not found",
        ),
        "decision_chart": ("Which embedding for what",),
    }


def samples():
    """Name of a plotting function to its arguments."""
    parts = (tokenization, special_tokens, comparison, pooling, fine_tuning, sentence_bert, choosing)
    return {name: arguments for part in parts for name, arguments in part().items()}
