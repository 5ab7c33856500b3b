"""What processes that train one model together tell each other: each has the whole model and a share of every batch.

Gradients are averaged before each step, so all take the same step. Batch norm normalises by each process' own share,
and its running statistics stay each one's own: training does not read them, and what is saved has them measured anew.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

TIMEOUT = timedelta(minutes=15)  # of any exchange: the others wait while the first one compiles, measures and saves
SEED_STEP = 1_000_003  # between the seeds of two processes


@dataclass(frozen=True)
class Ranks:
    """One process among `count`. The first, rank 0, alone writes and prints; one that is alone exchanges nothing."""

    rank: int = 0
    count: int = 1
    host: Any = None
    """The group that passes numbers between the hosts' memories, so that no GPU is waited for."""

    @property
    def first(self) -> bool:
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """Another one for each process, so that each draws other pictures."""
        return seed + SEED_STEP * self.rank

    def same(self, number: float) -> float:
        """The first one's number."""
        if self.count == 1:
            return number
        box = torch.tensor([number], dtype=torch.float64)
        dist.broadcast(box, 0, group=self.host)
        return box.item()

    def any(self, flags: list[bool]) -> list[bool]:
        """For each flag, whether it is set in any process."""
        if self.count == 1:
            return flags
        numbers = torch.tensor(flags, dtype=torch.int32)
        dist.all_reduce(numbers, dist.ReduceOp.MAX, group=self.host)
        return numbers.bool().tolist()

    def wait(self) -> None:
        """Returns once all are here."""
        if self.count > 1:
            dist.barrier(group=self.host)

    @torch.no_grad()
    def take_from_first(self, tensors: list[torch.Tensor]) -> None:
        """Makes tensors of the training device equal to the first one's."""
        if self.count == 1:
            return
        for tensor in tensors:
            held = tensor.detach().contiguous()  # in one order, whatever the layout
            dist.broadcast(held, 0)
            tensor.copy_(held)

    def add_up(self, tensor: torch.Tensor) -> None:
        """Makes a tensor of the training device the sum of all processes'."""
        if self.count > 1:
            dist.all_reduce(tensor)


ALONE = Ranks()


def join(rank: int, count: int, port: int, device: torch.device) -> Ranks:
    """Meets the other processes at the store on this port, and checks that tensors of the device can be added up."""
    store = dist.TCPStore("127.0.0.1", port, is_master=False, timeout=TIMEOUT)
    cuda = device.type == "cuda"
    options = {"store": store, "rank": rank, "world_size": count, "timeout": TIMEOUT}
    dist.init_process_group("nccl" if cuda else "gloo", **options)
    ranks = Ranks(rank, count, dist.new_group(backend="gloo", timeout=TIMEOUT) if cuda else dist.group.WORLD)
    ranks.wait()
    total = torch.full((1,), rank + 1.0, device=device)
    ranks.add_up(total)
    if total.item() != count * (count + 1) / 2:
        raise RuntimeError(f"adding 1 to {count} on {device} gave {total.item()}: these devices do not work together")
    return ranks


class SharedGradients:
    """Replaces the parameters' gradients, and the loss, by their means over all processes, in one exchange.

    Which parameters have gradients at all is settled in the first step: a parameter that is used by none is left
    without one, as in a process alone; one that only some used counts as zero in the others.
    """

    def __init__(self, parameters: list[torch.nn.Parameter], ranks: Ranks):
        self.parameters, self.ranks = parameters, ranks
        self.flat: torch.Tensor | None = None

    @torch.no_grad()
    def average(self, loss: torch.Tensor) -> torch.Tensor:
        """Returns the mean loss. One that is not finite anywhere makes all of them so: all skip the step or none."""
        if self.flat is None:
            self._settle()
        if any(parameter.grad is not None for parameter in self.unused):
            raise RuntimeError(
                "a parameter without a gradient in the first step has one now: with --processes, what a loss depends on"
                " must stay the same; use --processes 1"
            )
        for parameter in self.used:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in self.used]
        torch._foreach_copy_(self.views, gradients)
        self.flat[-1].copy_(loss)
        self.ranks.add_up(self.flat)
        self.flat /= self.ranks.count
        torch._foreach_copy_(gradients, self.views)
        return self.flat[-1].clone()

    def _settle(self) -> None:
        found = self.ranks.any([parameter.grad is not None for parameter in self.parameters])
        pairs = list(zip(self.parameters, found, strict=True))
        self.used = [parameter for parameter, used in pairs if used]
        self.unused = [parameter for parameter, used in pairs if not used]
        sizes = [parameter.numel() for parameter in self.used]
        self.flat = torch.zeros(sum(sizes) + 1, device=self.parameters[0].device)
        # Laid out as the parameters are, so that no process depends on how its backward pass lays out a gradient.
        self.views = [
            piece.as_strided(parameter.shape, parameter.stride())
            for piece, parameter in zip(self.flat[:-1].split(sizes), self.used, strict=True)
        ]
