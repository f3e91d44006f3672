"""``python -m course_utils.pretraining``: from text files to a pre-trained BERT, resumable."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; ``--help`` explains each option."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.pretraining", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="text files, one sentence a line (.gz, .xz too)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint, logs, snapshots")
    parser.add_argument("--data", type=Path, help="folder of vocabulary and encoded text, shared between runs (OUT/data)")
    parser.add_argument("--skip-titles", nargs="*", default=[], help="leave out documents whose title begins so")
    parser.add_argument("--held-out", type=float, default=0.01, help="share of the documents kept for measuring")
    parser.add_argument("--vocabulary", type=int, default=8192, help="size of the WordPiece vocabulary")
    parser.add_argument("--tokens", type=float, default=50e6, help="positions to train on, padding included")
    parser.add_argument(
        "--lengths", type=int, nargs="+", default=[64, 128], help="length of the inputs, then of the last tenth"
    )
    parser.add_argument("--start-from", type=Path, metavar="RUN", help="a finished run whose weights to start from")
    parser.add_argument("--batch-tokens", type=int, default=8192, help="positions a step")
    parser.add_argument("--no-nsp", dest="nsp", action="store_false", help="MLM only")
    parser.add_argument("--mlm-rate", type=float, default=0.2, help="share of tokens selected for MLM")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="peak of the schedule")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the data order and the masking")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads of the loop (all)")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="run without torch.compile")
    parser.add_argument("--minutes", type=float, help="stop after so long; the same command goes on")
    parser.add_argument("--checkpoint-seconds", type=float, default=90.0)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when the plan is done, 3 when stopped before its end."""
    args = parse(arguments)

    import torch

    from course_utils.pretraining.batches import make_plan
    from course_utils.pretraining.corpus import prepare
    from course_utils.pretraining.training import Optimisation, Shape, pretrain

    if args.threads:
        torch.set_num_threads(args.threads)
    device = args.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    data = args.data or args.out / "data"
    prepare(args.corpus, data, args.vocabulary, args.held_out, args.skip_titles, report=lambda line: print(line, flush=True))
    last = pretrain(
        data,
        args.out,
        make_plan(int(args.tokens), args.seed, args.batch_tokens, args.lengths, mlm_rate=args.mlm_rate),
        nsp=args.nsp,
        shape=Shape(args.layers, args.hidden, args.heads),
        optimisation=Optimisation(learning_rate=args.learning_rate),
        model_seed=args.seed,
        start_from=args.start_from,
        device=device,
        compile_model=args.compile,
        checkpoint_seconds=args.checkpoint_seconds,
        stop_after=args.minutes and 60 * args.minutes,
        progress=not args.quiet,
    )
    if last is None:
        print("Stopped before the end of the plan. The same command goes on.")
        return 3
    print(f"Done: {last}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
