"""Drawings as the picture tower sees them: put on a ground, turned, zoomed, lit, blurred and recoloured."""

import math

import numpy
import torch
from torch.nn import functional

import data

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
# The ground of the built-in collection.
OURS = torch.tensor([0xD6, 0xE1, 0xED])[:, None, None] / 255


class Pictures:
    """All drawings of the sets that are learnt from, as RGBA bytes, with the things that they show."""

    def __init__(self, concepts, work, device):
        sets = {name: concepts.pictures(work, name) for name in ["own", *data.SEEN]}
        self.pixels = torch.from_numpy(numpy.concatenate([pixels for _, pixels in sets.values()])).to(device)
        self.about = torch.from_numpy(numpy.concatenate([ids for ids, _ in sets.values()])).to(device)
        self.own = torch.arange(len(sets["own"][0]), device=device)
        mine = torch.tensor([row["own"] for row in concepts.rows], device=device)
        self.weights = 1 + 1.5 * mine[self.about].float()
        self.device = device

    def batch(self, size):
        """Varied drawings, an eighth of them the built-in pictures nearly as they are, and what they show."""
        chosen = torch.multinomial(self.weights, size, True)
        plain = size // 8
        mine = self.own[torch.randint(len(self.own), (plain,), device=self.device)]
        chosen = torch.cat([chosen[:-plain], mine])
        seen = varied(self.pixels[chosen])
        moved = clean(self.pixels[mine]).roll(tuple(torch.randint(-2, 3, (2,)).tolist()), (2, 3))
        seen[-plain:] = moved + 0.05 * torch.randn(plain, 3, 1, 1, device=self.device)
        return seen, self.about[chosen]


def clean(pixels):
    """RGBA bytes on white, as the tower takes them."""
    drawing = pixels.permute(0, 3, 1, 2).float() / 255
    flat = drawing[:, :3] * drawing[:, 3:] + 1 - drawing[:, 3:]
    return (flat - MEAN.to(pixels.device)) / DEVIATION.to(pixels.device)


def varied(pixels):
    """RGBA bytes, each varied in its own way, as the tower takes them."""
    device, count = pixels.device, len(pixels)
    chance = lambda *shape: torch.rand(*shape, device=device)
    each = lambda: chance(count, 1, 1, 1)
    drawing = moved(pixels, chance)
    kind = each()
    ground = torch.where(kind < 0.25, chance(count, 3, 1, 1), torch.ones(count, 3, 1, 1, device=device))
    ground = torch.where(kind > 0.7, OURS.to(device).expand(count, 3, 1, 1), ground)
    line = torch.linspace(-1, 1, data.SIDE, device=device)
    across, down = line[None, None, None], line[None, None, :, None]
    towards = 2 * math.pi * each()
    strength = 0.5 * each() * (each() < 0.5)
    light = 1 + strength * (0.5 + chance(count, 3, 1, 1)) * (towards.cos() * across + towards.sin() * down)
    cover = drawing[:, 3:]
    picture = (drawing[:, :3] * light).minimum(cover) + ground * (1 - cover)
    soft = functional.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    picture = torch.where(each() < 0.3, soft, picture)
    edges = picture - functional.avg_pool2d(picture, 5, 1, 2, count_include_pad=False)
    picture = torch.where(each() < 0.15, picture + edges * 2 * each(), picture)
    return recoloured(picture, chance)


def moved(pixels, chance):
    """RGBA turned, zoomed, stretched, mirrored and shifted, with colours multiplied by what they cover."""
    count = len(pixels)
    drawing = pixels.permute(0, 3, 1, 2).float() / 255
    drawing = torch.cat([drawing[:, :3] * drawing[:, 3:], drawing[:, 3:]], 1)
    angle, zoom = (chance(count) - 0.5) * 0.5, 0.8 + 0.6 * chance(count)
    stretch = 1 + (chance(count) - 0.5) * 0.2
    cosine, sine = angle.cos() * zoom, angle.sin() * zoom
    mirror = torch.where(chance(count) < 0.15, -1.0, 1.0)
    matrix = torch.zeros(count, 2, 3, device=pixels.device)
    matrix[:, 0, 0] = cosine * mirror * stretch
    matrix[:, 0, 1] = -sine + (chance(count) - 0.5) * 0.2
    matrix[:, 1, 0] = sine * mirror
    matrix[:, 1, 1] = cosine
    matrix[:, :, 2] = (chance(count, 2) - 0.5) * 0.25
    grid = functional.affine_grid(matrix, (count, 4, data.SIDE, data.SIDE), align_corners=False)
    return functional.grid_sample(drawing, grid, padding_mode="zeros", align_corners=False)


def recoloured(picture, chance):
    """RGB in other colours, contrast and brightness, as the tower takes it."""
    device, count = picture.device, len(picture)
    each = lambda: chance(count, 1, 1, 1)
    gray = picture.mean(1, keepdim=True)
    colour = 0.4 + each()
    colour = torch.where(each() < 0.1, torch.zeros_like(colour), colour)
    picture = gray + (picture - gray) * colour
    middle = picture.mean((1, 2, 3), keepdim=True)
    picture = (picture - middle) * (0.7 + 0.6 * each()) + middle
    picture = picture * (0.85 + 0.3 * each()) + 0.1 * (chance(count, 3, 1, 1) - 0.5)
    picture = torch.where(each() < 0.08, picture[:, torch.randperm(3)], picture)
    return (picture.clamp(0, 1) - MEAN.to(device)) / DEVIATION.to(device)
