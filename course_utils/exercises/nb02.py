"""Exercises of notebook 02."""

from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz

cls_inputs = Prediction(
    "nb02.cls_inputs", question="How many different [CLS] vectors go in, in all sentences of `sts`?", low=1, digits=0
)
better_at = Prediction(
    "nb02.better_at",
    question="Which masked tokens does it restore more often?",
    options=("function words", "other words", "no difference shown"),
)
kept_share = Prediction(
    "nb02.kept_share",
    question="At selected positions left as they are: how often does it answer with what stands there?",
    low=0,
    high=1,
)
cls_gradient = Prediction(
    "nb02.cls_gradient",
    question="The gradient of MLM at the last-layer [CLS], against that of an ordinary token?",
    options=("exactly zero", "smaller", "about as large", "larger"),
)
next_order = Prediction(
    "nb02.next_order",
    question='Which kind of pair is answered "is next" most often?',
    order=("true next", "swapped order", "same subject", "other subject"),
)
sep_share = Prediction("nb02.sep_share", question="Share of the last layer's attention that goes to [SEP]?", low=0, high=1)


# --- 02.1 ---------------------------------------------------------------------------------------------------------------
def _assemble(a, b, cls_id, sep_id):
    """[CLS] A [SEP] B [SEP] and its segments; [CLS] A [SEP] where b is None."""
    ids = [cls_id, *a, sep_id]
    types = [0] * len(ids)
    if b is not None:
        ids += [*b, sep_id]
        types += [1] * (len(b) + 1)
    return ids, types


def _segments(rng):
    a, b = (rng.integers(5, 8000, int(rng.integers(1, 7))).tolist() for _ in range(2))
    return a, None if rng.random() < 0.3 else b, 2, 3


def _segments_of_two(rng):
    a, _, cls_id, sep_id = _segments(rng)
    return a, rng.integers(5, 8000, int(rng.integers(1, 7))).tolist(), cls_id, sep_id


def _no_last_sep(a, b, cls_id, sep_id):
    ids, types = _assemble(a, b, cls_id, sep_id)
    return ids[:-1], types[:-1]


def _middle_sep_in_b(a, b, cls_id, sep_id):
    ids, types = _assemble(a, b, cls_id, sep_id)
    if b is not None:
        types[len(a) + 1] = 1
    return ids, types


def _last_sep_in_a(a, b, cls_id, sep_id):
    ids, types = _assemble(a, b, cls_id, sep_id)
    return ids, [*types[:-1], 0]


def _second_cls(a, b, cls_id, sep_id):
    ids, types = _assemble(a, b, cls_id, sep_id)
    if b is not None:
        ids.insert(len(a) + 2, cls_id)
        types.insert(len(a) + 2, 1)
    return ids, types


def _assemble_by_parts(a, b, cls_id, sep_id):
    first = [cls_id] + list(a) + [sep_id]  # noqa: RUF005
    second = [] if b is None else list(b) + [sep_id]  # noqa: RUF005
    return first + second, [0 for _ in first] + [1 for _ in second]


assemble = FunctionExercise(
    "nb02.assemble",
    title="Two segments, one input",
    difficulty=1,
    minutes=4,
    why="A wrong segment number raises no error: the model just reads something else.",
    reference=_assemble,
    inputs=_segments_of_two,
    compare="equal",
    mistakes=[
        Mistake(_no_last_sep, "The [SEP] at the very end is missing: it ends *every* segment, it does not stand between two."),
        Mistake(_middle_sep_in_b, "The [SEP] in the middle ends A, so it belongs to segment 0."),
        Mistake(_last_sep_in_a, "The last [SEP] ends B, so it belongs to segment 1."),
        Mistake(_second_cls, "There is one [CLS] an input, not one a segment."),
    ],
    hints=[
        "Print `encoder.tokenizer('one', 'two')` and read `input_ids` and `token_type_ids` side by side.",
        "Segment 0 has len(a) + 2 positions ([CLS], A, [SEP]), segment 1 has len(b) + 1 (B, [SEP]).",
    ],
    explanation="[CLS] and the [SEP] that ends A belong to segment 0, the [SEP] that ends B to segment 1. "
    "`cu.assemble` does the same and also takes `None` for B.",
    alternatives=[_assemble_by_parts],
    stub="def assemble(a, b, cls_id, sep_id):\n    # your code here\n    ...",
)


# --- 02.2 ---------------------------------------------------------------------------------------------------------------
def _input_vector(token, segment, position, weight, bias, eps=1e-12):
    """What goes into the first layer: the LayerNorm of the sum of the three embeddings."""
    total = token + segment + position  # (tokens, dim)
    mean = total.mean(-1, keepdims=True)  # over the dimensions, for each token on its own
    variance = ((total - mean) ** 2).mean(-1, keepdims=True)
    return (total - mean) / (variance + eps) ** 0.5 * weight + bias


def _three_tables(rng):
    tokens, dim = int(rng.integers(3, 7)), int(rng.integers(4, 9))
    parts = [rng.normal(0.3, 1, (tokens, dim)) for _ in range(3)]
    return (*parts, rng.normal(1, 0.3, dim), rng.normal(0, 0.3, dim))


def _only_sum(token, segment, position, weight, bias):
    return token + segment + position


def _no_weight(token, segment, position, weight, bias):
    return _input_vector(token, segment, position, 1, 0)


def _over_tokens(token, segment, position, weight, bias):
    total = token + segment + position
    return (total - total.mean(0)) / total.std(0) * weight + bias


def _not_centred(token, segment, position, weight, bias):
    total = token + segment + position
    return total / total.std(-1, keepdims=True) * weight + bias


def _unbiased(token, segment, position, weight, bias):
    total = token + segment + position
    return (total - total.mean(-1, keepdims=True)) / total.std(-1, keepdims=True, ddof=1) * weight + bias


def _with_torch(token, segment, position, weight, bias):
    import torch

    total, weight, bias = (torch.as_tensor(x) for x in (token + segment + position, weight, bias))
    return torch.nn.functional.layer_norm(total, total.shape[-1:], weight, bias, 1e-12)


def _token_by_token(token, segment, position, weight, bias):
    rows = []
    for t, s, p in zip(token, segment, position, strict=True):
        x = t + s + p
        rows.append((x - x.mean()) / x.std() * weight + bias)
    return rows


input_vector = FunctionExercise(
    "nb02.input_vector",
    title="The input by hand",
    difficulty=2,
    minutes=6,
    why="Who has added the three up once does not forget where word order enters BERT.",
    reference=_input_vector,
    inputs=_three_tables,
    compare="close",
    mistakes=[
        Mistake(_only_sum, "That is the sum. The LayerNorm after it is missing."),
        Mistake(_no_weight, "Normalised, but LayerNorm's own weight and bias are not applied."),
        Mistake(
            _over_tokens, "You normalise over the tokens. LayerNorm takes each token on its own, over its dimensions (axis -1)."
        ),
        Mistake(_not_centred, "You divide by the standard deviation without subtracting the mean first."),
        Mistake(
            _unbiased, "LayerNorm divides by the biased standard deviation (ddof=0): the mean of the squares, not over n - 1."
        ),
    ],
    hints=[
        "Add the three, then for each row: subtract its mean, divide by its standard deviation.",
        "`total.mean(-1, keepdims=True)` keeps the shape for the subtraction; at the end `* weight + bias`.",
    ],
    explanation="The sum alone has a different length at every position; LayerNorm brings each token's vector to one scale. "
    "The formula also adds a tiny number to the variance, so that nothing is divided by zero.",
    alternatives=[_with_torch, _token_by_token],
    stub="def input_vector(token, segment, position, weight, bias):\n    # your code here\n    ...",
)


# --- 02.3 ---------------------------------------------------------------------------------------------------------------
def _mask_tokens(ids, special, draws, random_ids, mask_id, rate=0.15):
    """BERT's 80/10/10, given the random draws: (inputs, labels)."""
    import numpy as np

    selected = (draws[0] < rate) & ~special
    labels = np.where(selected, ids, -100)
    masked = selected & (draws[1] < 0.8)
    replaced = selected & (draws[1] >= 0.8) & (draws[1] < 0.9)
    inputs = np.where(masked, mask_id, np.where(replaced, random_ids, ids))
    return inputs, labels


def _draws(rng):
    import numpy as np

    ids = rng.integers(5, 8000, (6, 40))
    ids[:, 0], ids[:, -1] = 2, 3
    draws = rng.random((2, *ids.shape))
    draws[0, 0, 0], draws[1, 0, 0] = 0.01, 0.5  # a special token that would be selected
    draws[0, 0, 1:6] = 0.02
    draws[1, 0, 1:6] = 0.3, 0.85, 0.95, 0.8, 0.9  # each of the three cases at least once, and where they begin
    draws[0, 0, 6] = 0.15  # not below the rate
    return ids, np.isin(ids, [2, 3]), draws, rng.integers(5, 8000, ids.shape), 4


def _touches_special(ids, special, draws, random_ids, mask_id):
    return _mask_tokens(ids, special & False, draws, random_ids, mask_id)


def _all_masked(ids, special, draws, random_ids, mask_id):
    import numpy as np

    _, labels = _mask_tokens(ids, special, draws, random_ids, mask_id)
    return np.where(labels != -100, mask_id, ids), labels


def _labels_everywhere(ids, special, draws, random_ids, mask_id):
    return _mask_tokens(ids, special, draws, random_ids, mask_id)[0], ids


def _kept_without_label(ids, special, draws, random_ids, mask_id):
    import numpy as np

    inputs, labels = _mask_tokens(ids, special, draws, random_ids, mask_id)
    return inputs, np.where(inputs == ids, -100, labels)


def _labels_of_inputs(ids, special, draws, random_ids, mask_id):
    import numpy as np

    inputs, labels = _mask_tokens(ids, special, draws, random_ids, mask_id)
    return inputs, np.where(labels != -100, inputs, -100)


def _selects_everything(ids, special, draws, random_ids, mask_id):
    return _mask_tokens(ids, special, draws, random_ids, mask_id, rate=1.0)


def _mask_in_loops(ids, special, draws, random_ids, mask_id):
    inputs, labels = ids.tolist(), []
    for row in range(len(inputs)):
        labels.append([])
        for place in range(len(inputs[row])):
            selected = draws[0][row][place] < 0.15 and not special[row][place]
            labels[row].append(inputs[row][place] if selected else -100)
            if selected and draws[1][row][place] < 0.8:
                inputs[row][place] = mask_id
            elif selected and draws[1][row][place] < 0.9:
                inputs[row][place] = int(random_ids[row][place])
    return inputs, labels


def _mask_in_place(ids, special, draws, random_ids, mask_id):
    selected = (draws[0] < 0.15) & (special == 0)
    labels = ids.copy()
    labels[~selected] = -100
    ids[selected & (draws[1] < 0.8)] = mask_id
    swap = selected & (draws[1] >= 0.8) & (draws[1] < 0.9)
    ids[swap] = random_ids[swap]
    return ids, labels


mask_tokens = FunctionExercise(
    "nb02.mask_tokens",
    title="80/10/10",
    difficulty=2,
    minutes=8,
    why="This is the whole of BERT's first task: six lines.",
    reference=_mask_tokens,
    inputs=_draws,
    compare="equal",
    mistakes=[
        Mistake(_touches_special, "A special token was selected: positions where `special` is True never are."),
        Mistake(_all_masked, "You put [MASK] at every selected position: 10% get a random token and 10% stay as they are."),
        Mistake(_labels_everywhere, "Labels stand at all positions: those not selected must be -100, or the loss counts them."),
        Mistake(
            _kept_without_label,
            "Selected positions that keep their token have a label too: they are scored, without being told from the rest.",
        ),
        Mistake(_labels_of_inputs, "The label is the *original* token, not what stands in the input now."),
        Mistake(_selects_everything, "Every token was selected: the first draw decides, `draws[0] < rate`."),
    ],
    hints=[
        "First who is selected: `selected = (draws[0] < rate) & ~special`. The labels follow from that alone.",
        "`np.where(selected, ids, -100)` are the labels. For the inputs, split the selected ones by `draws[1]`: below 0.8, "
        "from 0.8 to 0.9, the rest.",
    ],
    explanation="Labels come from *selected*, inputs from the second draw. A kept token has a label and looks like any other: "
    "so the model cannot tell which words it will be asked about, and must have an opinion on all.",
    alternatives=[_mask_in_loops, _mask_in_place],
    stub="def mask_tokens(ids, special, draws, random_ids, mask_id, rate=0.15):\n    # your code here\n    ...",
)


# --- 02.4 ---------------------------------------------------------------------------------------------------------------
def _gradient_by_position(hidden, weight, labels):
    """Norm of the gradient of the MLM loss at each position of the last layer: (tokens,)."""
    import torch

    hidden = hidden.clone().requires_grad_()  # (tokens, dim)
    logits = hidden @ weight.T  # (tokens, vocabulary)
    torch.nn.functional.cross_entropy(logits, labels).backward()  # -100 is left out
    return hidden.grad.norm(dim=-1)


def _last_layer(rng):
    import torch

    tokens, dim, size = int(rng.integers(5, 9)), 6, 11
    labels = torch.full((tokens,), -100)
    chosen = 1 + rng.permutation(tokens - 2)[: int(rng.integers(2, tokens - 2))]
    labels[torch.as_tensor(chosen)] = torch.as_tensor(rng.integers(0, size, len(chosen)))
    return torch.as_tensor(rng.normal(size=(tokens, dim))), torch.as_tensor(rng.normal(size=(size, dim))), labels


def _counts_all(hidden, weight, labels):
    return _gradient_by_position(hidden, weight, labels.clamp(min=0))


def _summed(hidden, weight, labels):
    return _gradient_by_position(hidden, weight, labels) * (labels != -100).sum()


def _over_dimensions(hidden, weight, labels):
    import torch

    hidden = hidden.clone().requires_grad_()
    torch.nn.functional.cross_entropy(hidden @ weight.T, labels).backward()
    return hidden.grad.norm(dim=0)


def _no_norm(hidden, weight, labels):
    import torch

    hidden = hidden.clone().requires_grad_()
    torch.nn.functional.cross_entropy(hidden @ weight.T, labels).backward()
    return hidden.grad


def _by_formula(hidden, weight, labels):
    import torch

    wrong = torch.softmax(hidden @ weight.T, -1)
    selected = labels != -100
    wrong[selected, labels[selected]] -= 1
    return (wrong[:, :, None] * weight).sum(1).norm(dim=-1) * selected / selected.sum()


def _selected_only(hidden, weight, labels):
    import torch

    hidden = hidden.clone().requires_grad_()
    places = (labels != -100).nonzero().flatten()
    loss = torch.nn.functional.cross_entropy(hidden[places] @ weight.T, labels[places])
    (gradient,) = torch.autograd.grad(loss, hidden)
    return (gradient**2).sum(-1).sqrt()


gradient_by_position = FunctionExercise(
    "nb02.gradient_by_position",
    title="Who hears from the loss?",
    difficulty=2,
    minutes=6,
    why="With this you can ask of any loss which vectors it trains.",
    reference=_gradient_by_position,
    inputs=_last_layer,
    compare="close",
    mistakes=[
        Mistake(
            _counts_all, "Positions with label -100 take part in your loss: leave them out (cross_entropy does so by itself)."
        ),
        Mistake(_summed, "You sum over the selected positions; BERT's loss is their mean (the default of cross_entropy)."),
        Mistake(_over_dimensions, "One number a *position*: take the norm over the dimensions, `dim=-1`."),
        Mistake(_no_norm, "That is the gradient itself, (tokens, dim). Take its norm at each position."),
    ],
    hints=[
        "Make a copy that records gradients: `hidden = hidden.clone().requires_grad_()`.",
        "`logits = hidden @ weight.T`, then `torch.nn.functional.cross_entropy(logits, labels).backward()` and `hidden.grad`.",
    ],
    explanation="The gradient at a selected position is (probabilities - one-hot) @ weight, divided by the number of selected "
    "positions. At every other position, position 0 among them, the loss does not depend on the vector: exactly 0.",
    alternatives=[_by_formula, _selected_only],
    stub="def gradient_by_position(hidden, weight, labels):\n    # your code here\n    ...",
)


# --- 02.5 ---------------------------------------------------------------------------------------------------------------
why_swapped = Choice(
    "nb02.why_swapped",
    title="Why is swapped order no harder?",
    difficulty=2,
    minutes=3,
    why="What a model learns is decided by its negative examples.",
    question='A model trained with NSP answers "is next" about as often when the two true segments are swapped. Why?',
    choices={
        "a": (
            "Because BERT does not see order at all.",
            "It does: positions and segments differ, so the two inputs are different. Nothing *made* it use that.",
        ),
        "b": (
            "Because no negative example in its training was ever a swapped pair: matching subjects were enough.",
            "Yes: its negatives came from other documents. A match of subject solves them; order never had to be learnt.",
        ),
        "c": (
            "Because it was trained too briefly: with more text it would learn the order.",
            "A fully trained model with NSP is at 52.0% on order, too (arXiv 1909.11942, table 5): what is missing is the "
            "example.",
        ),
        "d": (
            "Because the label 0 means *is next* and was read the wrong way round.",
            "Then true next segments would be answered with *not next* as well.",
        ),
    },
    answer="b",
    hints=[
        "Think of what a negative example looked like in training.",
        "Read the line on NSP in the model card, `course_utils/assets/mini-bert/README.md`: where did the second segment "
        "of a negative come from?",
    ],
    explanation="ALBERT replaced NSP by sentence order prediction, whose negatives *are* the swapped pairs: 86.5% on order "
    "(arXiv 1909.11942, table 5).",
    stub="my_choice = ...",
)


# --- 02.6 ---------------------------------------------------------------------------------------------------------------
def _rollout(attentions):
    """How much of each input each position holds after all layers: (layers, tokens, tokens) -> (tokens, tokens)."""
    import numpy as np

    flow = np.eye(attentions.shape[-1])
    for attention in attentions:  # from the first layer to the last
        mixed = 0.5 * attention + 0.5 * np.eye(len(flow))  # half of it stays: the residual connection
        flow = mixed @ flow
    return flow


def _attentions(rng):
    import numpy as np

    weights = np.exp(1.5 * rng.normal(size=(int(rng.integers(2, 5)), 6, 6)))
    return (weights / weights.sum(-1, keepdims=True),)


def _no_residual(attentions):
    flow = attentions[0]
    for attention in attentions[1:]:
        flow = attention @ flow
    return flow


def _wrong_order(attentions):
    return _rollout(attentions[::-1])


def _not_halved(attentions):
    import numpy as np

    return _rollout(2 * attentions + np.eye(attentions.shape[-1]))


def _averaged(attentions):
    return attentions.mean(0)


def _rollout_with_reduce(attentions):
    from functools import reduce

    import numpy as np

    return reduce(lambda flow, attention: (attention @ flow + flow) / 2, list(attentions), np.eye(attentions.shape[1]))


rollout = FunctionExercise(
    "nb02.rollout",
    title="Attention rollout (stretch)",
    difficulty=3,
    minutes=10,
    why="One layer's attention says where a vector looks, not what it ends up holding.",
    reference=_rollout,
    inputs=_attentions,
    compare="close",
    mistakes=[
        Mistake(_no_residual, "The residual connection is missing: each layer keeps half of what was there, 0.5 A + 0.5 I."),
        Mistake(
            _wrong_order,
            "The order is reversed: what the first layer mixed, the next mixes again. Later ones multiply from the left.",
        ),
        Mistake(_not_halved, "A + I has rows that add up to 2. Take half of each, so that they add up to 1."),
        Mistake(_averaged, "That is the average over layers. Rollout multiplies: each layer mixes what the one before left."),
    ],
    hints=[
        "Start with the identity: before any layer each position holds itself.",
        "For each layer: `mixed = 0.5 * attention + 0.5 * I`, then `flow = mixed @ flow`.",
    ],
    explanation="Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928). Its rows still add up to 1. It is a better "
    "account of mixing than one layer's weights, and still no measure of importance: the value vectors and the feed-forward "
    "parts are left out.",
    alternatives=[_rollout_with_reduce],
    stub="def rollout(attentions):\n    # your code here\n    ...",
)


quiz = Quiz(
    "nb02.quiz",
    [
        Question(
            "A single sentence is tokenized for BERT. How many [SEP] are there?",
            {
                "a": ("None: there is nothing to separate.", "[SEP] ends a segment, and a single sentence is one segment."),
                "b": ("One, at the end.", "Right: [CLS] A [SEP]. The name is misleading, it ends every segment."),
                "c": ("Two, as for a pair.", "A pair has two because it has two segments."),
            },
            answer="b",
        ),
        Question(
            "Which vector is the same in every sentence?",
            {
                "a": (
                    "The output of [CLS] at the last layer.",
                    "The output differs: attention has carried the sentence into it.",
                ),
                "b": ("The pooler's output.", "It is computed from the output of [CLS], so it differs too."),
                "c": ("The input of [CLS].", "Right: the same token, segment and position each time, so the same sum."),
            },
            answer="c",
        ),
        Question(
            "Under MLM alone, why does [CLS] receive some gradient in the lower layers?",
            {
                "a": (
                    "Positions that are asked about attend to it in later layers.",
                    "Right: there it is context for others. After the last layer nobody attends any more: zero.",
                ),
                "b": ("Because [CLS] is masked now and then.", "Special tokens are never selected."),
                "c": ("Because of rounding.", "It is far above rounding, and at the last layer it is exactly 0."),
            },
            answer="a",
        ),
        Question(
            "80/10/10: of 1,000 words, how many become [MASK] on average with BERT's 15%?",
            {
                "a": ("800", "80% is the share among the *selected* words."),
                "b": ("150", "150 are selected; not all of them are replaced by [MASK]."),
                "c": ("120", "Right: 15% are selected, and 80% of these become [MASK]."),
            },
            answer="c",
        ),
    ],
)
