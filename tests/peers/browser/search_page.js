// The page of clip-search itself: its own programs, and what a person does there.
"use strict";

const { spawn } = require("node:child_process");
const path = require("node:path");

const { assert, check, PATIENCE, troubles, until } = require("./check");
const { ROOT, build } = require("./setup");

const TOKEN = "token-of-the-page";

/** A clip-search with these settings: its address, and how it is ended. */
function search(settings) {
  const environment = { ...process.env, CLIP_SEARCH_LISTEN: "127.0.0.1:0", ...settings };
  const program = spawn(build("clip-search"), ["serve"], { cwd: ROOT, env: environment });
  program.address = new Promise((resolve, reject) => {
    let said = "";
    program.stderr.on("data", (data) => {
      said += data;
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said);
      if (found) resolve(`${found[1]}/`);
    });
    program.on("exit", () => reject(new Error(`clip-search ended: ${said}`)));
  });
  program.address.catch(() => {}); // it also ends when it is done
  return program;
}

async function open(browser, address, options = { viewport: { width: 1280, height: 800 } }) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== "127.0.0.1" && protocol !== "blob:") troubles.push(`request to ${hostname}`);
  });
  page.on("pageerror", (error) => troubles.push(error.stack));
  page.on("console", (line) => {
    // An answer that is an error is told by the browser, too.
    const isTrouble = ["error", "warning"].includes(line.type()) && !line.text().startsWith("Failed to load resource");
    if (isTrouble) troubles.push(`console: ${line.text()} ${line.location().url}`);
  });
  await page.goto(address);
  return page;
}

const status = (page, text) => page.locator("#status", { hasText: text }).waitFor();

async function ask(page, text) {
  await page.locator("#query").fill(text);
  await page.locator("#query").press("Enter");
}

/** How many pictures there are, all those in sight decoded. */
async function pictures(page) {
  const images = page.locator("#results img");
  await until("decoded pictures", () =>
    images.evaluateAll((all) => all.length > 0 && all.slice(0, 4).every((one) => one.complete && one.naturalWidth > 0)),
  );
  return images.count();
}

async function byWords(page) {
  await page.locator("#about", { hasText: /Searches [\d,]+ pictures with CLIP .* knows drawings only/ }).waitFor();
  await ask(page, "a dog");
  await status(page, /^\d+ pictures for “a dog” · \d+ ms$/);
  const first = await pictures(page);
  assert(new URL(page.url()).searchParams.get("query") === "a dog", page.url());
  const [caption, score] = await page.locator("#results li p").first().locator("span").allTextContents();
  assert(/dog|puppy|poodle/.test(caption) && /^0\.\d\d$/.test(score), caption, score);
  const more = page.locator("#more");
  if (await more.isVisible()) {
    await more.click();
    await until("more pictures", async () => (await page.locator("#results img").count()) > first);
  }
}

/** A picture of the endpoint's own, chosen as a file and dropped. */
async function byPicture(page, address) {
  const found = await (await fetch(`${address}search?query=dog`)).json();
  const bytes = Buffer.from(await (await fetch(found[0])).arrayBuffer());
  const file = { name: "dog.jpg", mimeType: "image/jpeg", buffer: bytes };
  await page.locator("#picture").setInputFiles(file);
  await status(page, "like that picture");
  const first = await page.locator("#results img").first().getAttribute("src");
  assert(first.startsWith(found[0]), first, found[0]);
  await ask(page, "bus");
  await status(page, "“bus”");
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "dog.jpg", { type: "image/jpeg" }));
    for (const name of ["dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, bytes.toString("base64"));
  await status(page, "like that picture");
  await pictures(page);
  assert(await page.locator("#drop").isHidden(), "the drop zone stays");
}

async function wrongPicture(page) {
  await page.locator("#picture").setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("no") });
  await status(page, "That is not a picture that can be searched with");
}

async function withToken(page) {
  await ask(page, "bus");
  await page.locator("#token").fill("wrong");
  await page.locator("#unlock button").click();
  await status(page, "That token is wrong.");
  await page.locator("#token").fill(TOKEN);
  await page.locator("#unlock button").click();
  await status(page, "“bus”");
  await pictures(page);
  await page.locator("#about", { hasText: "by the words in their names" }).waitFor();
  assert(await page.locator("#choose").isHidden(), "mock takes no pictures");
  await ask(page, "xyzzy");
  await status(page, "Nothing found for “xyzzy”. Other words may find more.");
}

async function onPhone(page) {
  await page.emulateMedia({ colorScheme: "dark" });
  await ask(page, "flower");
  await status(page, "“flower”");
  await pictures(page);
  const { wide, back } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    back: getComputedStyle(document.body).backgroundColor,
  }));
  assert(wide <= 0, "wider than the phone by", wide);
  assert(back === "rgb(20, 23, 22)", "not dark:", back);
  if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, "search-phone.png") });
}

async function withoutServer(page, program) {
  program.kill("SIGKILL");
  await ask(page, "bus");
  await status(page, "The search does not answer.");
  assert(await page.locator("#again").isVisible(), "no way to try again");
}

async function checkSearchPage(browser) {
  const program = search({ CLIP_SEARCH_ENGINE: "clip" });
  const guarded = search({ CLIP_SEARCH_ENGINE: "mock", CLIP_SEARCH_TOKEN: TOKEN, CLIP_SEARCH_PAGE: "on" });
  try {
    const address = await program.address;
    const page = await open(browser, address);
    await check("search page: words", () => byWords(page));
    if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, "search-desk.png") });
    await check("search page: a picture, chosen and dropped", () => byPicture(page, address));
    await check("search page: what is no picture", () => wrongPicture(page));
    const small = await open(browser, address, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await check("search page: a phone in the dark", () => onPhone(small));
    const locked = await open(browser, await guarded.address);
    await check("search page: a token, and nothing found", () => withToken(locked));
    await check("search page: no answer", () => withoutServer(page, program));
  } finally {
    program.kill("SIGKILL");
    guarded.kill("SIGKILL");
  }
}

module.exports = { checkSearchPage };
