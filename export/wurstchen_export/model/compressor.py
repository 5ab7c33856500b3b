"""The semantic compressor: maps pictures to the semantic latents that condition Stage B and that Stage C predicts."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

STRIDE = 32


class ResidualConvolutions(nn.Module):
    """A residual block of two 3x3 convolutions, at constant size."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(8, channels),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.GroupNorm(8, channels),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x):
        return x + self.layers(x)


class SemanticCompressor(nn.Module):
    """A small convolutional network of stride 32.

    Its last normalisation gives every channel mean 0 and standard deviation 1 over the training pictures, which is the
    scale of Stage C latents. The output is converted to semantic latents, x * latent_mean - latent_std, with the
    values of the Stage C pipeline that it belongs to.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 64, 96, 128),
        channels: int = 16,
        latent_mean: float = 42.0,
        latent_std: float = 1.0,
    ):
        super().__init__()
        self.config = {
            "widths": list(widths),
            "channels": channels,
            "latent_mean": latent_mean,
            "latent_std": latent_std,
        }
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, stride=4)]
        for i, width in enumerate(widths):
            if i > 0:
                layers += [nn.GroupNorm(8, widths[i - 1]), nn.Conv2d(widths[i - 1], width, 2, stride=2)]
            layers.append(ResidualConvolutions(width))
        layers += [nn.GroupNorm(8, widths[-1]), nn.Conv2d(widths[-1], channels, 1)]
        self.layers = nn.Sequential(*layers)
        self.normalise = nn.BatchNorm2d(channels, affine=False, momentum=0.02)

    def stage_c_latents(self, pixels: torch.Tensor) -> torch.Tensor:
        """Converts pixels [B,3,h,w] in [0,1], sides multiples of 32, to Stage C latents [B,channels,h/32,w/32]."""
        return self.normalise(self.layers(pixels * 2 - 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Converts pixels [B,3,h,w] in [0,1], sides multiples of 32, to semantic latents [B,channels,h/32,w/32]."""
        return self.stage_c_latents(pixels) * self.config["latent_mean"] - self.config["latent_std"]

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes config.json and model.safetensors."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n", encoding="utf-8")
        save_file({k: v.contiguous() for k, v in self.state_dict().items()}, folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "SemanticCompressor":
        """Reads what save_pretrained wrote. The result is in evaluation mode."""
        folder = Path(folder)
        model = cls(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.eval()
