// A fresh bot with pictures of one's own: closed, claimed with the code, and opened to a second person.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { assert, until } = require("./check");
const { open, openChat, say, words } = require("./page");
const { ROOT, start } = require("./setup");

const CODE = /\?start=([0-9a-f]{32})/;
const codes = (log) => log.match(new RegExp(CODE, "g")) ?? [];

/** A home with two pictures, and the token of the bot at `telegram`. */
function home(telegram) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "clip-bot-claim-"));
  fs.mkdirSync(path.join(folder, "pictures"));
  for (const [from, name] of [["chat", "red lighthouse"], ["album", "diary of Bob"]]) {
    fs.copyFileSync(path.join(ROOT, `docs/playground-${from}.png`), path.join(folder, `pictures/${name}.png`));
  }
  fs.writeFileSync(path.join(folder, "token"), telegram.token, { mode: 0o600 });
  return folder;
}

/** The playground of one's own, as `--token-file` starts it. */
function startBot(telegram, folder) {
  const own = ["--pictures", path.join(folder, "pictures"), "--token-file", path.join(folder, "token")];
  const { PATH } = process.env;
  return start(own, { PATH, HOME: folder, CLIP_BOT_API_URL: telegram.url, PLAYGROUND_LOG: "info" });
}

const albums = (page) => page.locator(".entry:not(.own) img").count();

async function strangerGetsNothing(page) {
  await openChat(page, "Bob");
  await say(page, "lighthouse");
  await words(page, "Este bot es privado").first().waitFor();
  await say(page, "/start 0123456789abcdef0123456789abcdef");
  await until("a second answer", async () => (await words(page, "Este bot es privado").count()) === 2);
  assert((await albums(page)) === 0, "no picture");
  const all = await page.locator("#messages").textContent();
  assert(!/lighthouse\.png|diary/.test(all), "no name of a file", all);
}

async function claimedOnce(page, code) {
  await openChat(page, "Ada");
  await say(page, `/start ${code}`);
  await words(page, "This bot is yours now").waitFor();
  await say(page, "lighthouse");
  await words(page, /^1 picture for “lighthouse” ·/).waitFor();
  await openChat(page, "Bob");
  await say(page, `/start ${code}`);
  await openChat(page, "Ada");
  await words(page, "Bob (id 2) wants to use this bot.").waitFor();
  assert((await words(page, "yours now").count()) === 1, "once");
}

async function letIn(page) {
  await openChat(page, "Ada");
  await page.getByRole("button", { name: "Let in", exact: true }).click();
  await words(page, "Let in: Bob (id 2).").waitFor();
  await finds(page, 1);
}

/** Bob finds the picture, so many times by now. */
async function finds(page, times) {
  await openChat(page, "Bob");
  await say(page, "lighthouse");
  await until("Bob's picture", async () => (await words(page, /^1 imagen de «lighthouse»/).count()) === times);
  await until("the picture itself", async () => (await albums(page)) >= times);
}

/** What the owner asks for besides pictures, and that others cannot. */
async function ownersCommands(page) {
  await openChat(page, "Bob");
  const refused = await words(page, "Este bot es privado").count();
  await say(page, "/stats");
  await words(page, "Encuentro imágenes").last().waitFor();
  assert((await words(page, "clip-bot ").count()) === 0, "no figures for a guest");
  await openChat(page, "Ada");
  await say(page, "/stats");
  await words(page, /^clip-bot \d/).waitFor();
  await words(page, /Searches: \d+ in the last hour/).waitFor();
  await say(page, "/users");
  await words(page, "Bob (id 2)").last().waitFor();
  await page.getByRole("button", { name: /^Put out/ }).last().click();
  await words(page, "Not served: Bob (id 2).").waitFor();
  await openChat(page, "Bob");
  await say(page, "lighthouse");
  await until("refused again", async () => (await words(page, "Este bot es privado").count()) > refused);
}

/** The checks, by name, in order; `check` runs one. */
async function checkClaim(browser, check) {
  const telegram = start(["telegram"]);
  const address = await telegram.address;
  telegram.url = address.replace(/\/$/, "");
  telegram.token = await until("its token", () => /CLIP_BOT_TOKEN=(\S+)\n/.exec(telegram.said())?.[1]);
  const folder = home(telegram);
  const page = await open(browser, address);
  let bot = startBot(telegram, folder);
  try {
    const logged = await until("the code in the log", () => CODE.exec(bot.log()));
    await check("a stranger gets nothing of one's own pictures", () => strangerGetsNothing(page));
    await check("the code makes its reader the owner, once", () => claimedOnce(page, logged[1]));
    await check("the owner lets a second person in with the button", () => letIn(page));
    await check("a restart keeps both", async () => {
      const before = bot.log();
      bot.kill("SIGINT");
      assert((await bot.ended) === 0, "it ends well");
      bot = startBot(telegram, folder);
      await finds(page, 2);
      assert(codes(before).length === 1, "the code once", before);
      assert(codes(bot.log()).length === 0, "no second code");
      assert(!(before + bot.log()).includes(telegram.token), "no token");
    });
    await check("the owner's commands are the owner's alone", () => ownersCommands(page));
  } finally {
    await page.context().close();
    bot.kill("SIGKILL");
    telegram.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { checkClaim };
