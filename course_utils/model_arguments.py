"""Checks of models, tokenizers and tensors that public functions are given, as ``arguments`` has them for the rest."""

from __future__ import annotations

from collections.abc import Mapping

from course_utils.arguments import shown


def encoder(value, name: str = "encoder"):
    """``value``, an ``Encoder``.

    Raises:
        TypeError: it is none.
    """
    if not all(hasattr(value, part) for part in ("model", "tokenizer", "device", "dimension", "layers")):
        raise TypeError(f'{name} must come from load_encoder, not {shown(value)}: cu.load_encoder("mini-bert").')
    return value


def tokenizer(value, name: str = "tokenizer"):
    """``value``, a tokenizer of transformers.

    Raises:
        TypeError: it is none.
    """
    if not (callable(value) and hasattr(value, "convert_ids_to_tokens")):
        raise TypeError(f"{name} must be a tokenizer of transformers, such as encoder.tokenizer; not {shown(value)}.")
    return value


def model(value, name: str = "model"):
    """``value``, a model of transformers.

    Raises:
        TypeError: it is none.
    """
    if not (callable(value) and hasattr(value, "config") and hasattr(value, "parameters")):
        raise TypeError(f"{name} must be a model, from load_pretraining_model or load_with_heads; not {shown(value)}.")
    return value


def tensor(value, name: str, shape: str):
    """``value``, a tensor of torch with as many axes as ``shape`` names, such as ``"(batch, tokens)"``.

    Raises:
        TypeError: it is none.
        ValueError: it has another number of axes.
    """
    import torch

    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a torch tensor {shape}, not {shown(value)}: torch.as_tensor({name}).")
    if value.ndim != shape.count(",") + 1:
        raise ValueError(f"{name} must be of shape {shape}, got {tuple(value.shape)}.")
    return value


def token_ids(value, name: str, vocabulary: int, limit: int | None = None):
    """``value``, a tensor (batch, tokens) of ids below ``vocabulary``, not empty and of at most ``limit`` tokens.

    Raises:
        TypeError: it is no tensor of whole numbers.
        ValueError: another shape, empty, longer than the limit, or an id that the vocabulary does not have.
    """
    tensor(value, name, "(batch, tokens)")
    if value.is_floating_point() or value.is_complex() or str(value.dtype) == "torch.bool":
        raise TypeError(f"{name} must hold whole numbers, token ids; not {value.dtype}.")
    if value.numel() == 0:
        raise ValueError(f"{name} must hold at least one token, got shape {tuple(value.shape)}.")
    if int(value.min()) < 0 or int(value.max()) >= vocabulary:
        raise ValueError(
            f"{name} must hold ids from 0 to {vocabulary - 1}; they go from {int(value.min())} to {int(value.max())}."
        )
    if limit is not None and value.shape[1] > limit:
        raise ValueError(f"{name} has {value.shape[1]} tokens, more than the model's {limit}. Truncate them.")
    return value


def batch(value, name: str, config, limit: int | None = None):
    """``value``, a batch as a tokenizer gives it with ``return_tensors="pt"``: ``input_ids`` and tensors of the same shape.

    Args:
        config: of the model that it goes into.
        limit: of tokens; the number of the model's positions if left out.

    Raises:
        TypeError: it is no such mapping.
        ValueError: there are no ``input_ids``, or what ``token_ids`` says, or a tensor of another shape.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f'{name} must be a batch, tokenizer(texts, padding=True, return_tensors="pt"); not {shown(value)}.')
    if "input_ids" not in value:
        raise ValueError(f'{name} holds no input_ids: tokenizer(texts, padding=True, return_tensors="pt") gives them.')
    ids = token_ids(
        value["input_ids"], f"{name}['input_ids']", config.vocab_size, limit or getattr(config, "max_position_embeddings", None)
    )
    for key, other in value.items():
        tensor(other, f"{name}[{key!r}]", "(batch, tokens)")
        if other.shape != ids.shape:
            raise ValueError(f"{name}[{key!r}] must have the shape of input_ids, {tuple(ids.shape)}, not {tuple(other.shape)}.")
    if "token_type_ids" in value:
        token_ids(value["token_type_ids"], f"{name}['token_type_ids']", max(getattr(config, "type_vocab_size", 1), 1))
    return value
