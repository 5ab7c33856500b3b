"""The commands that measure the published sizes on a GPU, and the one that writes a model of these sizes."""

from __future__ import annotations

from pathlib import Path

from wurstchen_export.commands import add_command, say


CASCADE_SIZES = ("cascade", "cascade-lite", "cascade-narrow")


def add(commands) -> None:
    _add_full_size(commands)
    _add_gpu_compare(commands)
    _add_gpu_figure(commands)
    _add_gpu_kernels(commands)
    _add_gpu_accuracy(commands)
    _add_gpu_speed(commands)
    _add_gpu_speed_figure(commands)


def _add_sizes(parser, *of_cascade: str) -> None:
    parser.add_argument(
        "--sizes",
        choices=("published", "narrow", *of_cascade),
        default="published",
        help="of the layers: Würstchen v2's or Stable Cascade's; narrow ones only try a command",
    )


def _chosen_sizes(options):
    from wurstchen_export.gpu.full_size import SIZES

    return SIZES[options.sizes]


def _add_pictures(parser) -> None:
    parser.add_argument("--width", type=int, default=1024, help="of the pictures in pixels")
    parser.add_argument("--height", type=int, default=1024, help="of the pictures in pixels")
    parser.add_argument("--images", type=int, nargs="+", default=[1, 4], metavar="N", help="pictures at a time")


def _add_full_size(commands) -> None:
    parser = add_command(
        commands, "full-size", _full_size, "write a bundle of the published architecture with random weights"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="folder to write")
    parser.add_argument("--precision", choices=("fp32", "fp16"), default="fp16", help="what the graphs compute in")
    parser.add_argument("--device", default="cpu", help="where the weights are drawn, for instance cuda")
    parser.add_argument(
        "--stages",
        type=lambda text: tuple(text.split(",")),
        default=("text", "c", "b", "a"),
        metavar="LIST",
        help="which are of full depth, of text,c,b,a; the others get one block",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the weights")
    parser.add_argument("--force", action="store_true", help="replace a bundle that is already there")
    _add_sizes(parser, *CASCADE_SIZES)


def _full_size(options) -> None:
    from wurstchen_export.gpu import full_size

    sizes = _chosen_sizes(options)
    full_size.write(
        options.out, options.precision, options.stages, options.seed, options.device, options.force, sizes, say
    )


def _add_gpu_compare(commands) -> None:
    parser = add_command(
        commands,
        "gpu-compare",
        _gpu_compare,
        "time the reference at full size on a GPU, eager and compiled, beside the Java library's benchmarks, as JSON",
    )
    parser.add_argument("--device", default="cuda", help="as torch names it")
    _add_pictures(parser)
    parser.add_argument(
        "--compile-images",
        type=int,
        nargs="*",
        default=[1, 4],
        metavar="N",
        help="pictures at a time for torch.compile, minutes each",
    )
    parser.add_argument(
        "--java", type=Path, nargs="+", required=True, metavar="FILE", help="what `wurstchen benchmark --json` wrote"
    )
    parser.add_argument(
        "--starts", type=Path, required=True, metavar="FILE", help="what the tests' program SizesInTurn wrote"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON file to write")
    _add_sizes(parser, *CASCADE_SIZES)


def _gpu_compare(options) -> None:
    from wurstchen_export.gpu import side_by_side

    side_by_side.main(
        side_by_side.JavaFiles(options.java, options.starts),
        options.out,
        options.width,
        options.height,
        options.images,
        options.compile_images,
        options.device,
        _chosen_sizes(options),
        say,
    )


def _add_gpu_figure(commands) -> None:
    parser = add_command(commands, "gpu-figure", _gpu_figure, "draw a benchmark of `gpu-compare` and put its table in a page")
    parser.add_argument("benchmark", type=Path, metavar="FILE", help="JSON file that `gpu-compare` wrote")
    parser.add_argument("--page", type=Path, required=True, metavar="FILE", help="Markdown file with the marks of a table")
    parser.add_argument("--picture", type=Path, required=True, metavar="FILE", help="PNG file to write")


def _gpu_figure(options) -> None:
    from wurstchen_export.gpu import figure

    figure.main(options.benchmark, options.page, options.picture)


def _add_gpu_kernels(commands) -> None:
    parser = add_command(
        commands, "gpu-kernels", _gpu_kernels, "time the kernels of a bundle's steps and of Stage A on a GPU (ONNX Runtime)"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder that `export` or `full-size` wrote")
    parser.add_argument("--device", default="cuda", help="cuda or cpu; the CPU shows no kernels")
    _add_pictures(parser)
    parser.add_argument("--kernels", type=int, default=12, metavar="N", help="how many to show, the longest first")


def _gpu_kernels(options) -> None:
    from wurstchen_export.gpu import kernels

    kernels.main(
        options.bundle, options.width, options.height, options.images, options.device, options.kernels, say
    )


def _add_gpu_accuracy(commands) -> None:
    parser = add_command(
        commands,
        "gpu-accuracy",
        _gpu_accuracy,
        "compare the latents of a full-size bundle in 16 bits with the reference in 32 and in 16 bits",
    )
    parser.add_argument("latents", type=Path, metavar="FOLDER", help="what wurstchen.onnx.LatentDump wrote")
    parser.add_argument("--device", default="cuda", help="as torch names it; the one that `full-size` drew weights on")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, as for `full-size`")
    _add_sizes(parser)


def _gpu_accuracy(options) -> int:
    from wurstchen_export.gpu import accuracy

    sizes = _chosen_sizes(options)
    return accuracy.main(options.latents, accuracy.Run(), options.seed, options.device, sizes, say)


def _add_gpu_speed(commands) -> None:
    parser = add_command(
        commands, "gpu-speed", _gpu_speed, "time Stable Diffusion 2.1, SDXL, Stable Cascade and Würstchen in diffusers on a GPU, as JSON"
    )
    parser.add_argument("--device", default="cuda", help="as torch names it")
    parser.add_argument(
        "--models",
        type=lambda text: text.split(","),
        default=["sd21", "sdxl", "stable-cascade", "wuerstchen"],
        metavar="LIST",
        help="which, of sd21,sdxl,stable-cascade,wuerstchen; those of earlier runs stay in the file",
    )
    parser.add_argument("--width", type=int, default=1024, help="of the pictures in pixels")
    parser.add_argument("--height", type=int, default=1024, help="of the pictures in pixels")
    parser.add_argument("--images", type=int, nargs="*", default=[1, 2, 4, 8], metavar="N", help="pictures at a time, eager")
    parser.add_argument(
        "--compile-images", type=int, nargs="*", default=[1, 2, 4, 8], metavar="N", help="the same for torch.compile, minutes each"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON file to write or to add to")
    _add_sizes(parser)


def _gpu_speed(options) -> None:
    from wurstchen_export.gpu import speed

    speed.main(
        options.models,
        options.out,
        options.width,
        options.height,
        options.images,
        options.compile_images,
        options.device,
        options.sizes,
        say,
    )


def _add_gpu_speed_figure(commands) -> None:
    parser = add_command(
        commands, "gpu-speed-figure", _gpu_speed_figure, "draw what `gpu-speed` measured and put its table in a page"
    )
    parser.add_argument("speed", type=Path, metavar="FILE", help="JSON file that `gpu-speed` wrote")
    parser.add_argument("--benchmark", type=Path, metavar="FILE", help="what `gpu-compare` wrote on the same GPU, for this library")
    parser.add_argument("--page", type=Path, required=True, metavar="FILE", help="Markdown file with the marks of a table")
    parser.add_argument("--picture", type=Path, required=True, metavar="FILE", help="PNG file to write")


def _gpu_speed_figure(options) -> None:
    from wurstchen_export.gpu import speed

    speed.figure(options.speed, options.benchmark, options.page, options.picture)
