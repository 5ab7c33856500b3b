"""Stage C on noised pictures of another style than the caption's, so that the word must change what is already there.

A model that knows its pictures by heart finds each by (object, style), and a pair that it never saw leads it to the
nearest that it did. Once the noised picture looks like that, nothing in the usual training says that it should become
another style. Here it does: the caption says noto, the noise lies on the same emoji in flat style, and what is to be
predicted is the noise that would lead to the noto picture. How styles differ can so be learnt from what is seen, and
serves for objects whose picture in that style was never shown.
"""

import torch

from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.dataset.pool import PictureSource
from wurstchen_export.train.methods.diffusion import alpha_cumprod

RESTYLED_FROM = 0.3
"""The least noise ratio: below it the picture is decided, and the noise to be predicted would be large."""


class PairedSource(PictureSource):
    """Draws pictures, and each one's emoji in another style at the same place on the same background.

    Where an emoji has no other style among the pictures for training, that is the picture itself.
    """

    def __init__(self, pictures: Pictures, jitter: float, varied: float = 0.0):
        super().__init__(pictures, jitter, varied)
        self.others = other_styles(pictures).to(self.device)

    def pixels(self, which: torch.Tensor, colours: torch.Tensor):
        """[2B,3,H,W] in [0,1]: the pictures, then those in another style; and the B labels of both."""
        column = torch.randint(self.others.shape[1], (len(which),), device=self.device)
        pixels, labels = self.alike([which, self.others[which, column]], colours)
        return torch.cat(pixels), labels


def other_styles(pictures: Pictures) -> torch.Tensor:
    """For each picture those of its emoji in other styles that are not held out, int64 [pictures, n]: repeated where
    there are fewer than n, the picture itself where there are none.

    Raises ValueError when there are none of any picture.
    """
    alike: dict[int, list[int]] = {}
    for which in pictures.seen:
        alike.setdefault(pictures.concept_of[which], []).append(which)
    rows = [
        [other for other in alike[concept] if pictures.style_of[other] != pictures.style_of[which]] or [which]
        for which, concept in enumerate(pictures.concept_of)
    ]
    if all(row == [which] for which, row in enumerate(rows)):
        raise ValueError("--restyled needs an emoji in two styles; the data show every emoji in one style only")
    count = max(len(pictures.styles) - 1, 1)
    return torch.tensor([[row[i % len(row)] for i in range(count)] for row in rows])


def restyled(latents, others, styled: torch.Tensor, t: torch.Tensor, share: float) -> torch.Tensor:
    """What the noise is added to: for a share of the rows whose caption names the style, latents of another style.

    latents, others: [B,...]; styled: bool [B]; t: noise ratios [B], of which those below RESTYLED_FROM keep theirs.
    """
    change = styled & (t >= RESTYLED_FROM) & (torch.rand(len(t), device=t.device) < share)
    return torch.where(change[:, None, None, None], others, latents)


def noise_towards(latents, shown, noise: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """The noise that, taken off shown pictures noised by `noise`, leaves `latents`: noise where they are the same."""
    alpha = alpha_cumprod(t)[:, None, None, None]
    return noise + (alpha / (1 - alpha)).sqrt() * (shown - latents)
