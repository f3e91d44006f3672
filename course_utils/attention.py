"""Where attention goes: its mass by kind of token, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils import arguments, model_arguments

GROUPS = ("[CLS]", "[SEP]", "punctuation", "other tokens")


def token_groups(ids, tokenizer) -> np.ndarray:
    """Each token's place in ``GROUPS``, or -1 for padding: the shape of ``ids``.

    Raises:
        TypeError: ``ids`` is not whole numbers, or ``tokenizer`` is none.
        ValueError: there are no ids, or one that the tokenizer does not have.

    >>> import course_utils as cu
    >>> tokenizer = cu.load_encoder("mini-bert", device="cpu").tokenizer
    >>> token_groups(tokenizer("Tea, please.")["input_ids"], tokenizer).tolist()
    [0, 3, 2, 3, 2, 1]
    """
    model_arguments.tokenizer(tokenizer)
    ids = arguments.array(ids, "ids")
    ids = arguments.wholes(ids, "ids", ids.ndim, 0, len(tokenizer) - 1)
    if not ids.size or not ids.ndim:
        raise ValueError(f"ids must be a list of ids, with at least one, got shape {ids.shape}.")
    unique, places = np.unique(ids, return_inverse=True)
    tokens = tokenizer.convert_ids_to_tokens(unique.tolist())
    kinds = np.array([2 if not any(character.isalnum() for character in token) else 3 for token in tokens])
    groups = kinds[places].reshape(ids.shape)
    for group, token_id in ((0, tokenizer.cls_token_id), (1, tokenizer.sep_token_id), (-1, tokenizer.pad_token_id)):
        groups[ids == token_id] = group
    return groups


def attention_shares(encoder, batch: Mapping, rows: int = 64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of the attention that each group of tokens receives, averaged over heads.

    Returns:
        ``of_all`` (layers, batch, groups): averaged over all real tokens that attend;
        ``of_cls`` (layers, batch, groups): of the attention that [CLS] pays;
        ``uniform`` (batch, groups): what attention spread evenly over the real tokens would give.
        The groups are those of ``GROUPS``; each row of shares adds up to 1.

    Raises:
        TypeError: ``encoder`` or ``batch`` is none, or ``rows`` is not a whole number.
        ValueError: a batch that the encoder cannot take, ``rows`` below 1, or the encoder was not loaded with
            ``attention="eager"``: its attention weights cannot be read.
    """
    import torch

    rows = arguments.whole(rows, "rows", 1)
    model_arguments.batch(batch, "batch", model_arguments.encoder(encoder).model.config, encoder.limit)
    if encoder.model.config._attn_implementation != "eager":
        raise ValueError('encoder: attention weights can be read only with load_encoder(..., attention="eager").')
    groups = torch.as_tensor(token_groups(batch["input_ids"].cpu().numpy(), encoder.tokenizer), device=encoder.device)
    member = torch.stack([(groups == group).float() for group in range(len(GROUPS))], -1)  # (batch, tokens, groups)
    real = (groups >= 0).float()
    uniform = member.sum(1) / real.sum(1, keepdim=True)
    of_all, of_cls = [], []
    with torch.inference_mode():
        for start in range(0, len(groups), rows):
            part = slice(start, start + rows)
            output = encoder.model(**{name: tensor[part] for name, tensor in batch.items()}, output_attentions=True)
            received = torch.stack(
                [layer.mean(1) @ member[part] for layer in output.attentions]
            )  # (layers, rows, tokens, groups)
            weights = real[part] / real[part].sum(1, keepdim=True)
            of_all.append((received * weights[None, :, :, None]).sum(2))
            of_cls.append(received[:, :, 0])
    return torch.cat(of_all, 1).cpu().numpy(), torch.cat(of_cls, 1).cpu().numpy(), uniform.cpu().numpy()
