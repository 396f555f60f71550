"""The picture tower's training.

The texts are fixed vectors of a sentence model (stage 1), so that every step can compare with all of them.
"""

import math
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

import data

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
# Of a batch: pictures of the built-in collection as the search sees them.
CLEAN = 3 / 16


def prepared(pictures):
    """What the picture tower takes, of RGB pictures of its size."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - MEAN) / DEVIATION


def varied(pixels):
    """RGBA drawings moved, turned, recoloured, on any background."""
    count = len(pixels)
    drawn = pixels.permute(0, 3, 1, 2).float() / 255
    alpha = drawn[:, 3:]
    kind = torch.rand(count, 1, 1, 1)
    ground = torch.where(kind < 0.15, torch.rand(count, 3, 1, 1), torch.ones(count, 3, 1, 1))
    ours = torch.tensor([0xD6, 0xE1, 0xED])[:, None, None] / 255
    ground = torch.where(kind > 0.75, ours.expand(count, 3, 1, 1), ground)
    drawn = torch.cat([drawn[:, :3] * alpha, alpha], 1)
    angle = (torch.rand(count) - 0.5) * 0.25
    zoom = 0.9 + 0.35 * torch.rand(count)
    stretch = 1 + (torch.rand(count) - 0.5) * 0.1
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    flip = torch.where(torch.rand(count) < 0.1, -1.0, 1.0)
    affine = torch.zeros(count, 2, 3)
    affine[:, 0, 0], affine[:, 0, 1] = cosine * flip * stretch, -sine + (torch.rand(count) - 0.5) * 0.15
    affine[:, 1, 0], affine[:, 1, 1] = sine * flip, cosine
    affine[:, :, 2] = (torch.rand(count, 2) - 0.5) * 0.15
    grid = functional.affine_grid(affine, (count, 4, data.SIDE, data.SIDE), align_corners=False)
    moved = functional.grid_sample(drawn, grid, padding_mode="zeros", align_corners=False)
    picture = lit(moved) + ground * (1 - moved[:, 3:])
    soft = functional.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    picture = torch.where(torch.rand(count, 1, 1, 1) < 0.3, soft, picture)
    picture = picture * (0.85 + 0.3 * torch.rand(count, 1, 1, 1))
    middle = picture.mean((1, 2, 3), keepdim=True)
    picture = (picture - middle) * (0.8 + 0.4 * torch.rand(count, 1, 1, 1)) + middle
    grey = picture.mean(1, keepdim=True)
    colour = 0.6 + 0.7 * torch.rand(count, 1, 1, 1)
    colour = torch.where(torch.rand(count, 1, 1, 1) < 0.05, torch.zeros_like(colour), colour)
    picture = grey + (picture - grey) * colour + 0.06 * (torch.rand(count, 3, 1, 1) - 0.5)
    return (picture.clamp(0, 1) - MEAN) / DEVIATION


def lit(drawn):
    """The colours of drawings, half of them shaded like solid things: tinted light from a side, and a shining spot."""
    count = len(drawn)
    line = torch.linspace(-1, 1, data.SIDE)
    across, down = line[None, None, None, :], line[None, None, :, None]
    some = lambda most: most * torch.rand(count, 1, 1, 1) * (torch.rand(count, 1, 1, 1) < 0.5)
    angle = 2 * math.pi * torch.rand(count, 1, 1, 1)
    shade = 1 + some(0.5) * (0.5 + torch.rand(count, 3, 1, 1)) * (angle.cos() * across + angle.sin() * down)
    right, below = torch.rand(2, count, 1, 1, 1) * 1.2 - 0.6
    spot = some(0.6) * torch.exp(-6 * ((across - right) ** 2 + (down - below) ** 2))
    alpha = drawn[:, 3:]
    return (drawn[:, :3] * shade).minimum(alpha) * (1 - spot) + alpha * spot * (0.7 + 0.3 * torch.rand(count, 3, 1, 1))


class Pictures:
    """All pictures to learn from: those of what the built-in collection has."""

    def __init__(self, concepts, work):
        loaded = [concepts.pictures(work, name) for name in ["own", *data.SEEN]]
        mine = numpy.array([row["own"] for row in concepts.rows])
        self.about = torch.from_numpy(numpy.concatenate([about[mine[about]] for about, _ in loaded]))
        self.pixels = torch.from_numpy(numpy.concatenate([pixels[mine[about]] for about, pixels in loaded]))
        own = list(concepts.own_pictures())
        self.own_about = torch.tensor([at for at, _ in own])
        self.own = numpy.stack([numpy.asarray(data.shrunk(picture)) for _, picture in own])

    def batch(self, size, clean):
        few = int(size * clean)
        chosen = torch.randint(len(self.about), (size - few,))
        again = torch.randint(len(self.own_about), (few,))
        slightly = (prepared(self.own[again.numpy()]) + 0.1 * (torch.rand(few, 3, 1, 1) - 0.5)).roll(
            (int(torch.randint(-1, 2, ())), int(torch.randint(-1, 2, ()))), (2, 3)
        )
        pictures = torch.cat([varied(self.pixels[chosen]), slightly])
        return pictures, torch.cat([self.about[chosen], self.own_about[again]])


def begin(tower, pictures):
    """Starts a transformer near to what training makes of it: patches by their main components, neighbours in
    place, and attention to what is alike (Trockman and Kolter, "Mimetic initialization", 2023)."""
    model = tower.model
    patch = model.embeddings.patch_embedding.weight
    width, side = len(patch), patch.shape[-1]
    with torch.no_grad():
        shown = prepared(pictures.own[::4])
        pieces = functional.unfold(shown, side, stride=side).transpose(1, 2).reshape(-1, 3 * side * side)
        main = torch.linalg.eigh(torch.cov(pieces.T))
        scale = (main.eigenvalues[-width:] + 0.02 * main.eigenvalues[-1]).rsqrt()
        patch.copy_((main.eigenvectors[:, -width:] * scale).T.reshape_as(patch) * 0.2)
        across = data.SIDE // side
        waves = (1 / 100 ** (torch.arange(width // 4) / (width // 4))) * math.pi / 2
        at = torch.arange(across)[:, None] * waves
        line = torch.cat([at.sin(), at.cos()], 1)
        grid = torch.cat([line[:, None].expand(-1, across, -1), line[None].expand(across, -1, -1)], 2)
        model.embeddings.position_embedding.weight[1:] = grid.reshape(across * across, width) * 0.2
        noise = lambda: torch.randn(width, width) / width**0.5
        for layer in model.encoder.layers:
            attention = layer.self_attn
            each = width // attention.num_heads
            for start in range(0, width, each):
                left, size, right = torch.linalg.svd(0.7 * noise() + 0.7 * torch.eye(width))
                attention.q_proj.weight[start : start + each] = (left[:, :each] * size[:each].sqrt()).T * 0.5
                attention.k_proj.weight[start : start + each] = right[:each] * size[:each, None].sqrt() * 0.5
            left, size, right = torch.linalg.svd(0.4 * noise() - 0.4 * torch.eye(width))
            attention.out_proj.weight.copy_(left * size.sqrt())
            attention.v_proj.weight.copy_(right * size[:, None].sqrt())


def learn(tower, pictures, texts, minutes, said, rate=1e-3, size=64, every=300):
    """Trains `tower` for this long; returns the mean of its last weights."""
    words, about = texts["words"], texts["about"]
    labels, place = texts["labels"][pictures.own_about], torch.zeros(len(about), dtype=torch.long)
    place[pictures.own_about] = torch.arange(len(labels))
    scale = nn.Parameter(torch.tensor(math.log(20.0)))
    weights = [*tower.parameters(), scale]
    optimizer = torch.optim.AdamW(
        [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": 0.05},
            {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0},
        ],
        lr=rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    smooth = torch.optim.swa_utils.AveragedModel(
        tower, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    start, asked, step = time.time(), time.time(), 0
    while (done := (time.time() - start) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done)))
        seen, truth = pictures.batch(size, CLEAN)
        found = functional.normalize(tower(seen), dim=-1)
        sharp = scale.exp().clamp(max=60)
        loss = functional.cross_entropy(found @ labels.T * sharp, place[truth], label_smoothing=0.05)
        wanted = about[truth]
        wanted = wanted / wanted.sum(1, keepdim=True)
        loss = loss - 0.25 * (wanted * functional.log_softmax(found @ words.T * sharp, 1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        smooth.update_parameters(tower)
        step += 1
        if step % 50 == 0 and time.time() - asked > every:
            asked = time.time()
            said(smooth.module, f"step {step} {done:.0%} loss {loss.item():.3f} scale {sharp.item():.0f}")
    said(smooth.module, f"step {step} end loss {loss.item():.3f}")
    return smooth.module


def embedded(tower, pictures):
    """Vectors of RGB pictures of the model's size."""
    tower.eval()
    with torch.inference_mode():
        found = [functional.normalize(tower(prepared(pictures[at : at + 128])), dim=-1) for at in range(0, len(pictures), 128)]
    tower.train()
    return torch.cat(found)
