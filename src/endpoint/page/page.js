// The page of the search: asks the endpoint that serves it, and shows what it answers.

const PAGE = 24; // pictures at a time
const LARGE = 2_000_000; // bytes; larger pictures are scaled down before they are sent
const SIDE = 1024; // pixels; no model looks at more
const TYPES = ["image/jpeg", "image/png", "image/webp"];

const element = (id) => document.getElementById(id);
const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

let token = sessionStorage.getItem("token") ?? "";
let wanted = null; // what is searched for: {text} or {picture}
let running = null; // aborts the request under way
let next = 0; // where the next pictures begin

function say(words, isBad = false) {
  element("status").textContent = words;
  element("status").classList.toggle("bad", isBad);
}

/** Status, body and Retry-After of a request; throws where nothing answers. */
async function ask(path, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // A proxy's own page.
  }
  return { status: answer.status, body, retryAfter: Number(answer.headers.get("retry-after")) || 0 };
}

/** What a person can do about an error. */
function explain({ status, body, retryAfter }) {
  const { code, message } = body?.error ?? {};
  const later = retryAfter ? ` Try again in ${counted(retryAfter, "second", "seconds")}.` : " Try again in a moment.";
  switch (code) {
    case "rate_limited":
      return `Too many searches are running.${later}`;
    case "space_asleep":
      return `The Space is waking up, which takes a minute or two.${later}`;
    case "space_busy":
      return `The Space is busy.${later}`;
    case "timeout":
      return `The search took too long.${later}`;
    case "too_large":
      return "That picture is too large.";
    case "unsupported_media":
      return "That is not a picture that can be searched with. JPEG, PNG and WebP can.";
    case "not_ready":
      return `${message[0].toUpperCase()}${message.slice(1)}.`;
    case "not_supported":
      return "This search takes words only.";
    default:
      return message ? `The search failed: ${message}.` : `The search failed with status ${status}.`;
  }
}

function request(offset) {
  const parameters = new URLSearchParams({ limit: PAGE, offset, details: true });
  if (wanted.text !== undefined) {
    parameters.set("query", wanted.text);
    return [`search?${parameters}`, {}];
  }
  const body = new FormData();
  body.append("file", wanted.picture, "picture");
  return [`search?${parameters}`, { method: "POST", body }];
}

/** Searches from `offset` on; a search that is under way is given up. */
async function search(offset = 0) {
  running?.abort();
  const mine = (running = new AbortController());
  if (offset === 0) element("results").replaceChildren();
  element("more").hidden = element("again").hidden = true;
  say("Searching…");
  const since = performance.now();
  const [path, options] = request(offset);
  let answer;
  try {
    answer = await ask(path, { ...options, signal: mine.signal });
  } catch (error) {
    if (error.name === "AbortError") return;
    element("again").hidden = false;
    say("The search does not answer. Does clip-search still run?", true);
    return;
  }
  if (running !== mine) return;
  next = offset;
  if (answer.status === 200) show(answer.body, offset, performance.now() - since);
  else if (answer.status === 401 || answer.status === 403) lock();
  else {
    element("again").hidden = ![429, 500, 502, 503, 504].includes(answer.status);
    say(explain(answer), true);
  }
}

function show({ results, next_offset: further, remark }, offset, took) {
  element("results").append(...results.map(tile));
  const total = offset + results.length;
  const what = wanted.text === undefined ? "like that picture" : `for “${wanted.text}”`;
  if (total === 0) say(`Nothing found ${what}. ${remark?.message ?? "Other words may find more."}`);
  else say(`${counted(total, "picture", "pictures")} ${what} · ${Math.round(took)} ms`);
  next = further ?? 0;
  element("more").hidden = further === undefined;
}

/** One picture, with a link to its whole. */
function tile(hit) {
  const image = document.createElement("img");
  image.src = hit.thumbnail_url ?? hit.url;
  if (hit.sensitive) image.classList.add("covered");
  image.alt = hit.caption ?? "a picture without a caption";
  image.loading = "lazy";
  image.decoding = "async";
  if (hit.width && hit.height) [image.width, image.height] = [hit.width, hit.height];
  image.addEventListener("error", () => {
    const lost = document.createElement("span");
    lost.className = "lost";
    lost.textContent = "This picture cannot be loaded.";
    image.replaceWith(lost);
  });
  const link = document.createElement("a");
  link.href = hit.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(image);
  const caption = document.createElement("span");
  caption.className = "caption";
  caption.textContent = caption.title = hit.caption ?? "";
  const line = document.createElement("p");
  line.append(caption);
  if (hit.score !== undefined) {
    const score = document.createElement("span");
    score.className = "score";
    score.textContent = hit.score.toFixed(2);
    score.title = "How well it fits; larger is better, comparable within one answer only.";
    line.append(score);
  }
  const item = document.createElement("li");
  item.append(link, line);
  return item;
}

function lock() {
  say(token ? "That token is wrong." : "", true);
  element("unlock").hidden = false;
  element("token").focus();
}

async function searchText(text) {
  element("query").value = text;
  wanted = { text };
  history.replaceState(null, "", `?${new URLSearchParams({ query: text })}`);
  document.title = `${text} – picture search`;
  await search();
}

async function searchPicture(file) {
  element("query").value = "";
  history.replaceState(null, "", location.pathname);
  say("Reading the picture…");
  wanted = { picture: await smaller(file) };
  await search();
}

/** `file`, or the same picture as a small JPEG where that file is large or of another kind. */
async function smaller(file) {
  if (TYPES.includes(file.type) && file.size <= LARGE) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", 0.9));
  } catch {
    return file; // The endpoint says what is wrong with it.
  }
}

/** Which engine searches, and how many pictures. */
async function introduce() {
  let line;
  try {
    const [health, ready] = await Promise.all([ask("health"), ask("ready")]);
    element("choose").hidden = !health.body?.can?.includes("picture");
    line = ready.status === 200 ? about(ready.body) : explain(ready);
  } catch {
    line = "The search does not answer. Does clip-search still run?";
  }
  element("about").textContent = line;
}

function about({ engine, pictures, model }) {
  const what = pictures === undefined ? "pictures" : counted(pictures, "picture", "pictures");
  if (pictures === 0) return "There are no pictures yet; clip-search index add FOLDER adds some.";
  if (engine === "mock") return `Searches ${what} by the words in their names, without a model.`;
  if (engine === "space") return "Searches the pictures of a Space, which answers by itself.";
  if (model?.startsWith("sample ")) {
    return `Searches ${what} with CLIP by the small built-in model, which knows drawings only.`;
  }
  return `Searches ${what} with CLIP by the model ${model} on this machine.`;
}

const canPicture = () => !element("choose").hidden;
const pictureOf = (data) => [...(data?.files ?? [])].find((file) => file.type.startsWith("image/") || !file.type);

function listen() {
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = element("query").value.trim();
    if (text) searchText(text);
    else say("Write what the pictures shall show.");
  });
  element("picture").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) searchPicture(file);
    event.target.value = "";
  });
  element("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    token = element("token").value.trim();
    sessionStorage.setItem("token", token);
    element("unlock").hidden = true;
    if (wanted) search();
  });
  element("more").addEventListener("click", () => search(next));
  element("again").addEventListener("click", () => search(next));
  for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, (event) => {
      if (!canPicture() || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      element("drop").hidden = false;
    });
  }
  addEventListener("dragleave", (event) => (element("drop").hidden ||= event.relatedTarget === null));
  addEventListener("drop", (event) => {
    element("drop").hidden = true;
    const file = pictureOf(event.dataTransfer);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (!canPicture()) return;
    if (file) searchPicture(file);
    else say("That is not a picture.", true);
  });
  addEventListener("paste", (event) => {
    const file = pictureOf(event.clipboardData);
    if (canPicture() && file) searchPicture(file);
  });
}

listen();
introduce();
const asked = new URLSearchParams(location.search).get("query");
if (asked?.trim()) searchText(asked.trim());
