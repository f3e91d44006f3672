"""Tiny models with random weights, saved as the hub's repositories are."""

import json
from pathlib import Path

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"the a old miller kept seven grey geese tea or coffee is it".split()]
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}


def save_tokenizer(folder):
    """A WordPiece tokenizer of a handful of words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names).save_pretrained(folder)


def save(folder, model_type="bert", heads=False, **sizes):
    """A model of ``model_type`` with random weights; with its pre-training heads, and so its pooler, if asked for."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForPreTraining

    given = {"vocab_size": len(WORDS), **SIZES, **sizes}
    if model_type == "distilbert":
        renamed = {"hidden_size": "dim", "num_hidden_layers": "n_layers", "num_attention_heads": "n_heads"}
        renamed["intermediate_size"] = "hidden_dim"
        given = {renamed.get(name, name): value for name, value in given.items()}
    if model_type == "modernbert":
        given |= {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3, "reference_compile": False}
    if model_type in ("albert", "electra"):
        given["embedding_size"] = 8
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, **given)
    (AutoModelForPreTraining if heads else AutoModel).from_config(config).save_pretrained(folder)
    save_tokenizer(folder)
    return Path(folder)


def save_sentence_encoder(folder, pooling, limit=12, extra=(), old=False, **sizes):
    """The files that sentence-transformers adds: its modules, their settings, and the limit of tokens."""
    folder = save(folder, **sizes)
    kinds = ["Transformer", "Pooling", "Normalize", *extra]
    paths = ["", "1_Pooling", "2_Normalize", "3_Dense"]
    listing = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, paths, strict=False))
    ]
    (folder / "modules.json").write_text(json.dumps(listing))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": limit, "do_lower_case": False}))
    (folder / "1_Pooling").mkdir()
    flag = f"pooling_mode_{pooling}_tokens"
    settings = {"word_embedding_dimension": 16, flag: True} if old else {"embedding_dimension": 16, "pooling_mode": pooling}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    return folder


def files(folder):
    """Name to content, as a repository of the stand-in hub takes it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
