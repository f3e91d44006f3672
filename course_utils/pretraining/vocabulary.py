"""A lower-cased WordPiece vocabulary, trained with the ``tokenizers`` library, in BERT's layout."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def train_vocabulary(sentences: Iterable[str], size: int, alphabet: int = 200):
    """Train a WordPiece tokenizer of at most ``size`` entries and return it (``tokenizers.Tokenizer``).

    The special tokens take the ids 0-4 in the order of ``SPECIAL_TOKENS``. ``alphabet`` bounds the characters
    that get an entry of their own; rarer ones become [UNK]. Normalisation and splitting are those of
    ``bert-base-uncased`` (Devlin et al. 2019, arXiv 1810.04805).

    Raises:
        ValueError: ``size`` leaves no room for words beside the special tokens.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    if size <= len(SPECIAL_TOKENS):
        raise ValueError(f"A vocabulary of {size} has no room beside the {len(SPECIAL_TOKENS)} special tokens.")
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=2,
        limit_alphabet=alphabet,
        special_tokens=list(SPECIAL_TOKENS),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences, trainer)
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    return tokenizer


def save_tokenizer(tokenizer, folder: Path, limit: int | None = None) -> None:
    """Write ``tokenizer`` to ``folder`` so that ``transformers.AutoTokenizer`` loads it as a BERT tokenizer.

    ``limit`` is the greatest number of tokens, special tokens included, that the model takes.
    """
    from transformers import BertTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    wrapped = BertTokenizer(vocab=tokenizer.get_vocab(), do_lower_case=True)
    if limit is not None:
        wrapped.model_max_length = limit
    wrapped.save_pretrained(folder)
