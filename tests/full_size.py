"""A stand-in for bert-base-uncased: its shape, files and names of weights, random values, a made-up vocabulary of its size.

``python tests/full_size.py CACHE`` serves it on the loopback interface and fetches it into the hub cache CACHE under that
name, through the real client. Afterwards ``HF_HUB_CACHE=CACHE HF_HUB_OFFLINE=1`` has a bert-base-uncased to run notebooks with.
"""

import json
import sys
import tempfile
from pathlib import Path

import hub

from course_utils.hub import MODELS
from course_utils.models import locate

VOCABULARY = 30_522
NAME = "bert-base-uncased"


def save(folder: Path) -> None:
    """``BertForPreTraining`` of BERT-base's shape, saved as its repository is: gamma and beta, class MaskedLM."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoTokenizer, BertConfig, BertForPreTraining

    torch.manual_seed(0)
    BertForPreTraining(BertConfig(vocab_size=VOCABULARY)).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    old = {".LayerNorm.weight": ".LayerNorm.gamma", ".LayerNorm.bias": ".LayerNorm.beta"}
    for new_end, old_end in old.items():
        weights = {name.replace(new_end, old_end): value for name, value in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["BertForMaskedLM"]}))

    tokenizer = AutoTokenizer.from_pretrained(locate("mini-bert"))
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    pieces = state["model"]["vocab"]
    for number in range(len(pieces), VOCABULARY):
        pieces[f"##made{number}up"] = number
    (folder / "tokenizer.json").write_text(json.dumps(state))
    settings = json.loads((locate("mini-bert") / "tokenizer_config.json").read_text()) | {"model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def fetch(cache: Path) -> int:
    """Serve it, and fetch it into ``cache``."""
    known = MODELS[NAME]
    with tempfile.TemporaryDirectory() as name:
        save(Path(name))
        files = {path.name: path.read_bytes() for path in Path(name).iterdir()}
        with hub.serve({known.repository: hub.Repository(files, known.revision)}) as endpoint:
            command = [sys.executable, "-m", "course_utils", "prefetch", NAME, "--to", str(cache)]
            run = hub.in_a_fresh_process(command, cache, HF_ENDPOINT=endpoint)
    print(run.stdout, run.stderr.splitlines()[-1:])
    return run.returncode


if __name__ == "__main__":
    sys.exit(fetch(Path(sys.argv[1]).resolve()))
