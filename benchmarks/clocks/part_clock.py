"""Where the time and the memory of a network go."""

import time
from collections import defaultdict

import torch
from torch import nn

from .peak_memory import peak_memory, reset_peak

PARTS = (
    'encoder, down',
    'encoder, Swin',
    'encoder, up',
    'weight predictor',
    'codes',
    'decoder',
)


class PartClock:
    """Measures the parts of a codebook network from outside of it.

    Args:
        net: `CodebookNet` or an accelerated one, on its device.
        device: 'cpu' or 'cuda'; GPUs are waited for at each part.

    Attributes:
        seconds: Part -> seconds of all calls.
        peak_mib: Part -> peak of the process while it ran.
    """

    def __init__(self, net: nn.Module, device: str):
        self.device = device
        self.seconds: dict[str, float] = defaultdict(float)
        self.peak_mib: dict[str, float] = defaultdict(float)
        self._begun: dict[nn.Module, float] = {}
        self._handles = []
        for part, modules in parts_of(net).items():
            for module in modules:
                self._watch(part, module)
        self._net, self._mix = net, net.mix
        # What is between encoder and decoder is no module of its own.
        net.mix = self._timed_mix

    def stop(self) -> None:
        """Take everything out of the network again."""
        for handle in self._handles:
            handle.remove()
        del self._net.mix

    def now(self) -> float:
        """Seconds, once the device has finished what it was given."""
        if self.device != 'cpu':
            torch.cuda.synchronize()
        return time.perf_counter()

    def _watch(self, part, module):
        def begin(module, args):
            reset_peak(self.device)
            self._begun[module] = self.now()

        def end(module, args, output):
            self._note(part, self.now() - self._begun[module])

        self._handles.append(module.register_forward_pre_hook(begin))
        self._handles.append(module.register_forward_hook(end))

    def _timed_mix(self, feat):
        begun, before = self.now(), self.seconds['weight predictor']
        out = self._mix(feat)
        inside = self.seconds['weight predictor'] - before
        self._note('codes', self.now() - begun - inside)
        return out

    def _note(self, part, seconds):
        self.seconds[part] += seconds
        peak = peak_memory(self.device)
        self.peak_mib[part] = max(self.peak_mib[part], peak)


def parts_of(net: nn.Module) -> dict[str, list[nn.Module]]:
    """The modules of each part but the codes."""
    encoder = net.encoder
    parts = {
        'encoder, down': [encoder.in_conv, *encoder.downs],
        'encoder, Swin': [encoder.swin] if encoder.swin else [],
        'encoder, up': list(encoder.ups),
        'weight predictor': [net.weight_predictor],
        'decoder': [net.decoder],
    }
    if net.weight_predictor is None:
        parts['weight predictor'] = []
    return {part: modules for part, modules in parts.items() if modules}
