"""What is asked for, by all."""

QUERIES = [
    "a red bus at night",
    "two dogs playing in the snow",
    "birthday cake with candles",
    "sunset over the sea",
    "a man riding a bicycle",
    "old wooden bridge in a forest",
    "children at the beach",
    "a plate of pasta with tomatoes",
    "black cat on a windowsill",
    "mountain lake in autumn",
]
