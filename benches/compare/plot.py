"""The figures as a picture: docs/performance.svg."""

WIDTH, HEIGHT, EDGE, LEFT = 920, 624, 32, 264

# It brings its own ground and follows the reader's choice of light or dark.
STYLE = """
  .ground { fill: #ffffff; stroke: #d8dee4 } .track { fill: #eff2f5 } .axis { stroke: #d8dee4 }
  .theirs { fill: #9aa7b4 } .ours { fill: #0e8a7d } .wait { fill: #d5dce3 }
  text { fill: #1f2933; font: 14px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 20px; font-weight: 650 } .head { font-size: 15px; font-weight: 650 }
  .faint { fill: #5b6875; font-size: 13px } .strong { font-weight: 650 } .right { text-anchor: end }
  .ratio { fill: #0e8a7d; font-size: 24px; font-weight: 700 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #30363d } .track { fill: #1c232b } .axis { stroke: #30363d }
    .theirs { fill: #77858f } .ours { fill: #2dc7b4 } .wait { fill: #343d47 }
    text { fill: #e6edf3 } .faint { fill: #9aa7b4 } .ratio { fill: #2dc7b4 }
  }"""


def short(value):
    """Three digits that matter."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def bar(kind, x, y, width, height):
    # Never so thin that it is not seen.
    return f"<rect class='{kind}' x='{x:.1f}' y='{y:.1f}' width='{max(width, 2):.1f}' height='{height}' rx='2'/>"


def text(kind, x, y, words):
    return f"<text class='{kind}' x='{x:.1f}' y='{y:.1f}'>{words}</text>"


def whose(name):
    return "ours" if name.startswith("clip-bot") else "theirs"


def rates(medians, names, reference, top, queries):
    """Queries a second, as long bars."""
    yield text("head", EDGE, top, f"Queries a second, {queries} users asking at once")
    room, most = 480, max(medians[name]["rate"] for name in names)
    for y, name in zip(range(top + 16, HEIGHT, 32), names):
        rate = medians[name]["rate"]
        yield text("", EDGE, y + 18, name)
        yield bar("track", LEFT, y + 3, room, 20)
        yield bar(whose(name), LEFT, y + 3, rate / most * room, 20)
        yield text("strong right", LEFT + room + 60, y + 18, short(rate))
        yield text("faint right", WIDTH - EDGE, y + 18, f"{rate / medians[reference]['rate']:.1f} ×")


def smaller(panels, top):
    """Small pictures of two bars each."""
    step = (WIDTH - 2 * EDGE + 24) / len(panels)
    room = step - 24
    for number, (name, unit, theirs, ours) in enumerate(panels):
        x = EDGE + number * step
        yield text("head", x, top, name)
        yield text("ratio", x, top + 32, f"{theirs / ours:.1f} × less")
        for kind, who, value, y in (("theirs", "reference", theirs, 46), ("ours", "clip-bot", ours, 86)):
            yield bar("track", x, top + y, room, 12)
            yield bar(kind, x, top + y, value / max(theirs, ours) * room, 12)
            yield text("faint", x, top + y + 27, who)
            yield text("strong right", x + room, top + y + 27, f"{short(value)} {unit}")


def waits(medians, names, top, flood):
    """What user B sees, over time."""
    yield text("head", EDGE, top, f"User B asks while {flood} queries of user A wait")
    legend = (("wait", 484, "B hears nothing"), ("theirs", 614, ""), ("ours", 626, "acknowledged, pictures due"))
    for kind, x, words in legend:
        yield bar(kind, x, top - 11, 12, 12)
        yield text("faint", x + 18, top, words)
    room, most = 550, max(medians[name]["wait"] for name in names)
    bottom = top + 18 + 32 * len(names)
    second = room / (most / 1000)
    for tick in range(0, int(most / 1000) + 1, max(1, round(most / 6000))):
        yield f"<path class='axis' d='M{LEFT + tick * second:.1f} {top + 14}V{bottom}'/>"
        yield text("faint", LEFT + tick * second - 4, bottom + 18, f"{tick} s")
    for y, name in zip(range(top + 16, HEIGHT, 32), names):
        word, wait = (medians[name][figure] / 1000 * second for figure in ("word", "wait"))
        yield text("", EDGE, y + 18, name)
        yield bar("wait", LEFT, y + 3, word, 20)
        yield bar(whose(name), LEFT + word, y + 3, wait - word, 20)
        millis = medians[name]["wait"]
        words = f"{millis / 1000:.1f} s" if millis > 1000 else f"{millis:.0f} ms"
        yield text("strong", LEFT + wait + 10, y + 18, words)


def svg(medians, sizes, reference, ours, queries, flood):
    """The whole picture; sizes: of clip-bot and of the reference's packages, in bytes."""
    panels = [
        (name, unit, medians[reference][figure], medians[ours][figure])
        for name, unit, figure in (
            ("Start to first poll", "ms", "start"),
            ("Memory while idle", "MiB", "idle"),
            ("CPU a query", "ms", "cpu"),
        )
    ]
    # The Python may be there anyway, so only the packages count.
    panels.append(("Installed, Python aside", "MB", sizes["packages"] / 1e6, sizes["clip-bot"] / 1e6))
    title = "clip-bot beside the reference’s Python stack"
    many = ["reference, 32 threads", "reference used well, 32 threads"]
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>",
        f"<title>{title}</title><style>{STYLE}</style>",
        f"<rect class='ground' x='0.5' y='0.5' width='{WIDTH - 1}' height='{HEIGHT - 1}' rx='12'/>",
        text("title", EDGE, 46, title),
        text("faint right", WIDTH - EDGE, 46, "same machine, same load; medians"),
        *rates(medians, [reference, *many, ours, "clip-bot, 32 workers"], reference, 88, queries),
        *smaller(panels, 300),
        *waits(medians, [reference, many[0], ours], 468, flood),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
