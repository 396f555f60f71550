"""The bot that clip-bot is measured against, as its public description has it: pyTelegramBotAPI and
requests. reference_bot.py MODE THREADS BOT_API SEARCH

MODE seed: as described. Only the first word is asked for, and every picture's address becomes a
message of its own, whose preview shows the picture.
MODE album: the same stack used well. The whole query, encoded; one album; failures are told.

reference_bot.py --installed prints what a machine needs to run it, as "WHAT<tab>BYTES" lines.
"""

import os
import platform
import sys
import sysconfig


def serve(mode, threads, bot_api, search):
    import requests
    import telebot

    telebot.apihelper.API_URL = bot_api + "/bot{0}/{1}"
    bot = telebot.TeleBot("4242:reference", parse_mode="HTML", num_threads=threads)

    @bot.message_handler(commands=["start", "help"])
    def explain(message):
        bot.reply_to(message, "Write <code>/query bus</code>; five pictures come in a few seconds.")

    @bot.message_handler(commands=["query"])
    def answer(message):
        _, *words = message.text.split()
        if not words:
            bot.reply_to(message, "The query can't be empty.")
            return
        bot.reply_to(message, "Your pictures come in a few seconds.")
        if mode == "seed":
            for address in requests.get(f"{search}?query={words[0]}").json():
                bot.reply_to(message, address)
        else:
            answer_well(message, " ".join(words))

    def answer_well(message, query):
        try:
            asked = requests.get(search, params={"query": query}, timeout=30)
            asked.raise_for_status()
            album = [telebot.types.InputMediaPhoto(address) for address in asked.json()]
            bot.send_media_group(message.chat.id, album, reply_parameters=telebot.types.ReplyParameters(message.id))
        except (requests.RequestException, telebot.apihelper.ApiException) as error:
            bot.reply_to(message, f"The search failed: {type(error).__name__}")

    bot.infinity_polling()


def size(folder, left_out=()):
    total = 0
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(left_out)]
        total += sum(os.lstat(os.path.join(path, name)).st_size for name in files)
    return total


def installed():
    """Packages without the installer itself; Python without its tests and developers' tools."""
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel")
    yield "packages", size(sysconfig.get_path("purelib"), tools)
    library = sysconfig.get_config_var("INSTSONAME")
    library = os.path.join(sysconfig.get_config_var("LIBDIR"), library)
    parts = [os.path.realpath(sys.executable), *filter(os.path.isfile, [library])]
    stdlib = ("site-packages", "dist-packages", "test", "idlelib", "ensurepip", "config-", "__pycache__")
    rest = size(sysconfig.get_path("stdlib"), stdlib)
    yield f"CPython {platform.python_version()}", rest + sum(map(os.path.getsize, parts))


if __name__ == "__main__":
    if sys.argv[1:] == ["--installed"]:
        for what, total in installed():
            print(what, total, sep="\t")
    else:
        serve(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
