"""Command line of the training: the data, the three stages one by one or all at once, the judge, and what is made."""

import argparse
import importlib

import torch

MODULES = {
    "parts": "train.from_model",
    "judge": "evaluate.judge.training",
    "judge-onnx": "evaluate.judge.onnx_file",
}
"""Where a command's module is not the one of its name in the folder train."""
COMMANDS = {
    "data": "render the pictures and learn the vocabulary",
    "stage-a": "train the autoencoder",
    "stage-b": "train the latent decoder, with the semantic compressor or after it",
    "stage-c": "train the text-conditional model of the compressor's latents",
    "plain": "train a plain latent diffusion model, to compare the cascade with",
    "parts": "take a model apart into the parts that training goes on from",
    "average": "average the weights of several runs that went on from the same parts",
    "model": "put the trained parts together as diffusers folders",
    "judge": "train the judge that `evaluate` asks, on real pictures",
    "judge-onnx": "write the trained judge as the graph that `evaluate` runs",
    "sheet": "draw a sheet of pictures from prompts",
    "all": "train all three stages on one GPU or several, then preview and collect",
    "preview": "draw what the trained parts can do, on the training device",
    "collect": "put parts, logs and sheets into one tar file in pieces",
}


def main(argv: list[str] | None = None) -> int:
    """Runs one training command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="wurstchen_export train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    modules = {}
    for name, summary in COMMANDS.items():
        module = MODULES.get(name, f"train.{name.replace('-', '_')}")
        modules[name] = importlib.import_module(f"wurstchen_export.{module}")
        modules[name].add_options(commands.add_parser(name, help=summary, description=modules[name].__doc__))
    args = parser.parse_args(argv)
    torch.set_num_threads(getattr(args, "threads", 1))
    print(modules[args.command].run(args))
    return 0
