"""The claims can fail: with an untrained encoder, or with shuffled scores and labels, notebooks come to other verdicts.

And they run on other encoders: each notebook on a DistilBERT of another size, with random weights, without segments, pooler and
heads. Notebooks 05 to 07 then train it live, and come to other verdicts as well.
"""

import pytest

from course_utils.proof import seeds
from course_utils.publishing import chosen

TELL = "from course_utils.proof import draws\ndraws.tell()"
SHUFFLE = """import numpy as np
_load_data = cu.load_data
def _shuffled(name, split=None, source="bundled"):
    frame, rng = _load_data(name, split, source), np.random.default_rng(0)
    for column in {"score", "sentiment", "topic"} & set(frame.columns):
        frame[column] = rng.permutation(frame[column])
    return frame
cu.load_data = _shuffled"""


def verdicts(number, model=None, inserted=""):
    """The ledger of a notebook as it comes out on ``model``, with a cell put in after its setup."""
    (path,) = chosen([number])
    return seeds.told(seeds.run_with(path, f"{TELL}\n{inserted}", model))


def stored(number):
    """The ledger of the notebook as it is committed."""
    (path,) = chosen([number])
    return seeds.stored(path)


@pytest.mark.parametrize("number", ["03", "04"])
def test_an_untrained_encoder_changes_the_verdicts(number):
    before, after = stored(number), verdicts(number, model="untrained")
    changed = [claim for claim in before if after.get(claim) != before[claim]]
    assert len(changed) >= 2, after


@pytest.mark.parametrize("number", ["03", "04"])
def test_shuffled_scores_and_labels_change_the_verdicts(number):
    before, after = stored(number), verdicts(number, inserted=SHUFFLE)
    changed = [claim for claim in before if before[claim] == "supported" and after.get(claim) != "supported"]
    assert len(changed) >= 2, after


@pytest.fixture(scope="module")
def other_encoder(tmp_path_factory):
    """A DistilBERT with random weights: 3 layers of 48 dimensions, no segments, no pooler, no heads."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    from course_utils.models import locate

    folder = tmp_path_factory.mktemp("distil")
    tokenizer = AutoTokenizer.from_pretrained(locate("mini-bert"))
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=48, n_layers=3, n_heads=4, hidden_dim=96, max_position_embeddings=96
    )
    DistilBertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("number", ["00", "01", "02", "03", "04"])
def test_every_notebook_runs_on_another_encoder(number, other_encoder):
    assert verdicts(number, model=other_encoder)


@pytest.mark.parametrize("number", ["05", "06", "07"])
def test_training_another_encoder_changes_the_verdicts(number, other_encoder):
    before, after = stored(number), verdicts(number, model=other_encoder)
    changed = [claim for claim in before if claim in after and after[claim] != before[claim]]
    assert len(changed) >= 2, after
