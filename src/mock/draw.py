"""Draws the pictures of the mock engine. Needs Pillow.

    python3 src/mock/draw.py src/mock/pictures

Flat colours and a small palette keep every file below 3 KB.
"""

import pathlib
import sys

from PIL import Image, ImageDraw

SIZE = (320, 240)
SKY, NIGHT, GRASS, ROAD, SEA, SAND = "#8ecbff", "#101838", "#4caf50", "#555555", "#1e6fb8", "#f2d7a0"


def scene(sky, ground, horizon=160):
    picture = Image.new("RGB", SIZE, sky)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, horizon, 320, 240), fill=ground)
    return picture, draw


def wheels(draw, left, right, y, radius=18):
    for x in (left, right):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#222222")
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill="#bbbbbb")


def bus(draw, colour):
    draw.rounded_rectangle((50, 70, 270, 170), 12, fill=colour)
    for x in range(64, 250, 40):
        draw.rectangle((x, 84, x + 30, 114), fill="#fff3b0")
    wheels(draw, 95, 225, 172)


def car(draw, colour):
    draw.polygon(((105, 130), (130, 95), (200, 95), (230, 130)), fill=colour)
    draw.rounded_rectangle((70, 125, 260, 168), 10, fill=colour)
    draw.polygon(((122, 126), (138, 102), (160, 102), (160, 126)), fill="#dff2ff")
    draw.polygon(((168, 126), (168, 102), (195, 102), (214, 126)), fill="#dff2ff")
    wheels(draw, 112, 218, 168)


def tree(draw, x, y, colour=GRASS, trunk="#7a4a21", scale=1.0):
    draw.rectangle((x - 8 * scale, y - 60 * scale, x + 8 * scale, y), fill=trunk)
    r = 45 * scale
    for dx, dy in ((-28, -70), (28, -70), (0, -105)):
        cx, cy = x + dx * scale, y + dy * scale
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour)


def stars(draw):
    for i in range(24):
        x, y = (i * 71) % 320, (i * 37) % 90
        draw.rectangle((x, y, x + 1, y + 1), fill="white")
    draw.ellipse((250, 15, 285, 50), fill="#fdf6c0")


def red_bus_at_night():
    picture, draw = scene(NIGHT, ROAD)
    stars(draw)
    bus(draw, "#d32f2f")
    return picture


def yellow_bus_in_the_rain():
    picture, draw = scene("#90a4ae", ROAD)
    bus(draw, "#fbc02d")
    for x in range(-40, 320, 22):
        draw.line((x + 40, 0, x, 240), fill="#cfd8dc")
    return picture


def blue_car():
    picture, draw = scene(SKY, ROAD)
    car(draw, "#1565c0")
    return picture


def red_car_on_a_beach():
    picture, draw = scene(SKY, SAND)
    draw.rectangle((0, 120, 320, 160), fill=SEA)
    car(draw, "#c62828")
    return picture


def green_tree_in_a_field():
    picture, draw = scene(SKY, "#a5d66a")
    tree(draw, 160, 190, "#2e7d32")
    return picture


def trees_in_autumn():
    picture, draw = scene(SKY, "#b58b4c")
    for x, colour in ((60, "#e65100"), (160, "#f9a825"), (260, "#bf360c")):
        tree(draw, x, 200, colour)
    return picture


def house_in_the_snow():
    picture, draw = scene("#b0c4d4", "white")
    draw.rectangle((100, 110, 220, 190), fill="#a1642c")
    draw.polygon(((85, 112), (160, 55), (235, 112)), fill="#eeeeee")
    draw.rectangle((145, 145, 175, 190), fill="#4e2a0c")
    for i in range(60):
        x, y = (i * 53) % 320, (i * 97) % 240
        draw.ellipse((x, y, x + 3, y + 3), fill="white")
    return picture


def white_boat_on_the_sea():
    picture, draw = scene(SKY, SEA, 140)
    draw.polygon(((90, 150), (230, 150), (205, 185), (115, 185)), fill="white")
    draw.line((160, 150, 160, 50), fill="#6d4c41", width=4)
    draw.polygon(((165, 52), (165, 140), (225, 140)), fill="#fafafa")
    return picture


def sunset_over_the_sea():
    picture, draw = scene("#ff8a50", "#5c3b6f", 150)
    draw.pieslice((110, 100, 210, 200), 180, 360, fill="#ffe082")
    for y in range(160, 240, 16):
        draw.rectangle((160 - (y - 140) // 2, y, 160 + (y - 140) // 2, y + 4), fill="#ffb74d")
    return picture


def mountain_under_the_moon():
    picture, draw = scene(NIGHT, "#23395b", 200)
    stars(draw)
    draw.polygon(((20, 200), (150, 60), (280, 200)), fill="#546e7a")
    draw.polygon(((118, 95), (150, 60), (182, 95), (150, 108)), fill="white")
    return picture


def black_cat_on_a_wall():
    picture, draw = scene("#ffe0b2", "#a0522d", 170)
    for y in range(170, 240, 18):
        draw.line((0, y, 320, y), fill="#7b3f1d", width=2)
    draw.ellipse((125, 95, 195, 175), fill="#111111")
    draw.ellipse((135, 60, 185, 108), fill="#111111")
    draw.polygon(((138, 75), (140, 45), (158, 64)), fill="#111111")
    draw.polygon(((182, 75), (180, 45), (162, 64)), fill="#111111")
    draw.ellipse((146, 76, 154, 86), fill="#cddc39")
    draw.ellipse((166, 76, 174, 86), fill="#cddc39")
    draw.arc((180, 120, 250, 200), 180, 330, fill="#111111", width=9)
    return picture


def brown_dog_in_the_grass():
    picture, draw = scene(SKY, GRASS)
    draw.ellipse((90, 110, 210, 170), fill="#8d5524")
    draw.ellipse((190, 80, 250, 135), fill="#8d5524")
    draw.ellipse((188, 84, 208, 128), fill="#5d3510")
    draw.ellipse((224, 96, 232, 104), fill="black")
    draw.ellipse((242, 108, 254, 118), fill="black")
    for x in (108, 130, 175, 195):
        draw.rectangle((x, 150, x + 12, 198), fill="#8d5524")
    draw.line((95, 128, 65, 95), fill="#8d5524", width=10)
    return picture


def red_apple_on_a_table():
    picture, draw = scene("#f5f5f5", "#a1743c", 170)
    draw.ellipse((110, 85, 210, 185), fill="#d32f2f")
    draw.line((160, 90, 166, 62), fill="#5d4037", width=5)
    draw.ellipse((166, 58, 200, 76), fill="#388e3c")
    return picture


def pink_flower():
    picture, draw = scene(SKY, GRASS, 190)
    draw.line((160, 120, 160, 220), fill="#2e7d32", width=8)
    for dx, dy in ((0, -38), (36, -12), (22, 32), (-22, 32), (-36, -12)):
        draw.ellipse((134 + dx, 74 + dy, 186 + dx, 126 + dy), fill="#f06292")
    draw.ellipse((140, 80, 180, 120), fill="#ffeb3b")
    return picture


def green_train_on_a_bridge():
    picture, draw = scene(SKY, SEA, 200)
    for x in range(20, 320, 90):
        draw.rectangle((x, 150, x + 16, 215), fill="#8d6e63")
    draw.rectangle((0, 140, 320, 152), fill="#6d4c41")
    for x in (10, 115, 220):
        draw.rounded_rectangle((x, 85, x + 98, 136), 8, fill="#2e7d32")
        for window in range(x + 10, x + 84, 28):
            draw.rectangle((window, 95, window + 18, 112), fill="#fffde7")
        wheels(draw, x + 22, x + 76, 136, 8)
    return picture


def city_at_night():
    picture, draw = scene(NIGHT, "#1b1b1b", 220)
    stars(draw)
    for i, top in enumerate((110, 70, 130, 50, 95, 120)):
        left = 10 + i * 51
        draw.rectangle((left, top, left + 44, 220), fill="#37474f")
        for y in range(top + 10, 205, 20):
            for x in (left + 7, left + 27):
                if (x * 7 + y * 3) % 5 > 1:
                    draw.rectangle((x, y, x + 9, y + 9), fill="#ffd54f")
    return picture


PICTURES = {
    "a-black-cat-on-a-wall": black_cat_on_a_wall,
    "a-blue-car": blue_car,
    "a-brown-dog-in-the-grass": brown_dog_in_the_grass,
    "a-city-at-night": city_at_night,
    "a-green-train-on-a-bridge": green_train_on_a_bridge,
    "a-green-tree-in-a-field": green_tree_in_a_field,
    "a-house-in-the-snow": house_in_the_snow,
    "a-mountain-under-the-moon": mountain_under_the_moon,
    "a-pink-flower": pink_flower,
    "a-red-apple-on-a-table": red_apple_on_a_table,
    "a-red-bus-at-night": red_bus_at_night,
    "a-red-car-on-a-beach": red_car_on_a_beach,
    "a-sunset-over-the-sea": sunset_over_the_sea,
    "a-white-boat-on-the-sea": white_boat_on_the_sea,
    "a-yellow-bus-in-the-rain": yellow_bus_in_the_rain,
    "trees-in-autumn": trees_in_autumn,
}


def main(folder):
    for name, draw in PICTURES.items():
        picture = draw().quantize(32, dither=Image.Dither.NONE)
        picture.save(pathlib.Path(folder) / f"{name}.png", optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
