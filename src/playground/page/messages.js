// The playground's page: what the server tells goes into `model`, what the reader does into `view`,
// and `show…` functions bring the document in line with both. All text enters by textContent.

const PICTURE_WIDTH = 480; // enough for a tile on a dense screen
const ACTION_MS = 5000;
const PRESS_MS = 20000;
const DEBOUNCE_MS = 350;
const INLINE_MS = 3000;
const TOAST_MS = 4000;
const TRAFFIC_ROWS = 500;
const FAULTS = [
  ["telegram_429", "Too many requests", "Telegram answers 429: wait"],
  ["telegram_502", "Bad gateway", "Telegram answers 502"],
  ["endpoint_down", "Search endpoint down", "No answer from clip-search"],
  ["space_asleep", "Space asleep", "The Space wakes up after 10 s"],
];
const ACTIONS = {
  upload_photo: "sending a photo…",
  upload_document: "sending a file…",
  typing: "typing…",
};
/** Tiles in each row of an album, by its number of pictures. */
const ALBUM_ROWS = [[], [1], [2], [3], [2, 2], [2, 3], [3, 3], [2, 2, 3], [2, 3, 3], [3, 3, 3], [2, 2, 3, 3]];

const model = {
  me: {},
  users: new Map(),
  chats: [],
  members: {},
  commands: {},
  about: {},
  faults: {},
  messages: new Map(), // chat id → Map of message id → message
  traffic: [],
};

const view = {
  chat: null, // the id of the chat on show
  writers: new Map(), // chat id → user id
  drafts: new Map(), // chat id → {text, replyTo, photo}
  unread: new Map(),
  edited: new Set(), // keys of messages that were seen to change
  actions: new Map(), // chat id → {words, timer}
  presses: new Map(), // key of a button → callback id, or null while it is not known
  answers: new Map(), // callback id → event, of answers that overtook the press's own response
  entries: new Map(), // key of an entry → {node, signature}
  popup: null, // null, "commands" or "inline"
  choice: 0,
  inline: { timer: 0, late: 0, id: null, query: null, results: [], next: "" },
  lightbox: { pictures: [], at: 0 },
  opener: null, // what opened the sheet
  paused: false,
  held: [],
};

const byId = (id) => document.getElementById(id);

// ---------------------------------------------------------------- document

/** An element; `on…` are listeners, `text` is its text, everything else an attribute. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function toast(text) {
  const node = el("p", { text });
  byId("toasts").append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

function announce(text) {
  const node = byId("announcer");
  node.textContent = "";
  node.append(el("p", { text }));
}

function clock(seconds) {
  const format = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  return format.format(new Date(seconds * 1000));
}

// ------------------------------------------------------------------ server

async function post(path, body, type = "application/json") {
  const payload = type === "application/json" ? JSON.stringify(body) : body;
  const response = await fetch(path, { method: "POST", headers: { "content-type": type }, body: payload });
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: text };
  }
  if (!response.ok) throw new Error(answer.error || `status ${response.status}`);
  return answer;
}

/** Does `work`; a failure is shown and told by `false`. */
async function trying(what, work) {
  try {
    await work();
    return true;
  } catch (error) {
    toast(`${what}: ${error.message}`);
    return false;
  }
}

function listen() {
  const source = new EventSource("/api/events");
  source.onopen = () => (byId("offline").hidden = true);
  source.onerror = () => {
    byId("offline").hidden = false;
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    setTimeout(listen, 2000);
  };
  for (const [name, handler] of Object.entries(TAKE)) {
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
}

/** What to do with each kind of event. */
const TAKE = {
  state: takeState,
  message: takeMessage,
  deleted: takeDeleted,
  action: takeAction,
  commands: (commands) => {
    model.commands = commands;
    showPopup();
  },
  faults: (faults) => {
    model.faults = faults;
    showFaults();
  },
  callback: takeCallback,
  inline: takeInline,
  traffic: takeTraffic,
};

function takeState(state) {
  model.me = state.me;
  model.users = new Map(state.users.map((user) => [user.id, user]));
  model.chats = [...state.chats].sort(privateFirst);
  model.members = state.members ?? {};
  model.commands = state.commands ?? {};
  model.about = state.about ?? {};
  model.faults = state.faults ?? {};
  model.messages = new Map(state.chats.map((chat) => [chat.id, new Map()]));
  for (const message of state.messages) keep(message);
  model.traffic = state.traffic.slice(-TRAFFIC_ROWS);
  view.presses.clear();
  view.held = [];
  view.chat = model.messages.has(view.chat) ? view.chat : model.chats[0].id;
  view.entries.clear();
  byId("messages").replaceChildren();
  showAbout();
  showFaults();
  showTraffic();
  showChat();
}

const privateFirst = (one, other) =>
  Number(other.type === "private") - Number(one.type === "private") || one.id - other.id;

function keep(message) {
  const id = message.chat.id;
  if (!model.messages.has(id)) model.messages.set(id, new Map());
  model.messages.get(id).set(message.message_id, message);
}

function takeMessage({ message, edited }) {
  const chat = message.chat.id;
  keep(message);
  if (edited) view.edited.add(keyOf(message));
  if (!edited && isBot(message)) clearAction(chat);
  if (chat === view.chat) {
    showMessages(!edited && !isBot(message));
    adoptForceReply();
    if (isBot(message)) announce(`${nameOf(message)}: ${snippet(message)}`);
  } else if (!edited && isBot(message)) {
    view.unread.set(chat, (view.unread.get(chat) ?? 0) + 1);
  }
  showChats();
}

function takeDeleted({ chat_id: chat, message_id: id }) {
  model.messages.get(chat)?.delete(id);
  if (chat === view.chat) showMessages();
  showChats();
}

function takeAction({ chat_id: chat, action }) {
  clearAction(chat);
  const timer = setTimeout(() => {
    clearAction(chat);
    showStatus();
    showChats();
  }, ACTION_MS);
  view.actions.set(chat, { words: ACTIONS[action] ?? "busy…", timer });
  showStatus();
  showChats();
}

function clearAction(chat) {
  clearTimeout(view.actions.get(chat)?.timer);
  view.actions.delete(chat);
  if (chat === view.chat) showStatus();
}

function takeCallback(event) {
  const key = [...view.presses].find(([, id]) => id === String(event.id))?.[0];
  if (key === undefined) view.answers.set(String(event.id), event);
  else endPress(key, event);
}

// ------------------------------------------------------- chats and writers

const isBot = (message) => message.from?.id === model.me.id;
const nameOf = (message) => message.from?.first_name ?? message.chat.title ?? "";
const chatOf = (id) => model.chats.find((chat) => chat.id === id);
const tint = (id) => `tint-${id === model.me.id ? 0 : id < 0 ? 3 : 2 - (id % 2)}`;

function titleOf(chat) {
  return chat.title ?? chat.first_name ?? model.users.get(chat.id)?.first_name ?? String(chat.id);
}

function writersOf(chat) {
  const members = model.members[chat] ?? [chat];
  return members.map((id) => model.users.get(id)).filter((user) => user && user.id !== model.me.id);
}

function writer(chat = view.chat) {
  const users = writersOf(chat);
  return users.find((user) => user.id === view.writers.get(chat)) ?? users[0];
}

function draft() {
  if (!view.drafts.has(view.chat)) view.drafts.set(view.chat, { text: "", replyTo: null, photo: null });
  return view.drafts.get(view.chat);
}

function openChat(id) {
  draft().text = byId("text").value;
  view.chat = id;
  view.unread.delete(id);
  view.entries.clear();
  byId("messages").replaceChildren();
  closeSheet();
  showChat();
  byId("text").focus();
}

function showChat() {
  showChats();
  showStatus();
  showWriters();
  byId("text").value = draft().text;
  adoptForceReply();
  showComposer();
  showMessages(true);
}

function showChats() {
  const focused = document.activeElement?.dataset.chat;
  byId("chat-list").replaceChildren(...model.chats.map(chatEntry));
  if (focused) byId("chat-list").querySelector(`[data-chat="${focused}"]`)?.focus();
}

function chatEntry(chat) {
  const last = [...(model.messages.get(chat.id)?.values() ?? [])].at(-1);
  const words = view.actions.get(chat.id)?.words ?? (last ? snippet(last) : describe(chat));
  const unread = view.unread.get(chat.id);
  const who = el("span", { class: "who" }, el("b", { text: titleOf(chat) }), el("span", { text: words }));
  const badge = unread ? el("span", { class: "unread", text: unread, "aria-label": `${unread} new` }) : null;
  const avatar = el("span", { class: `avatar ${tint(chat.id)}`, text: titleOf(chat)[0], "aria-hidden": "true" });
  const open = { type: "button", class: "chat", "data-chat": chat.id, onclick: () => openChat(chat.id) };
  if (chat.id === view.chat) open["aria-current"] = "true";
  return el("li", {}, el("button", open, avatar, who, badge));
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

function describe(chat) {
  if (chat.type === "private") {
    const user = model.users.get(chat.id);
    return `Private chat, ${languageName(user?.language_code ?? "en")}`;
  }
  const names = writersOf(chat.id).map((user) => user.first_name);
  return `Group: ${[...names, model.me.first_name].join(", ")}`;
}

function showStatus() {
  const chat = chatOf(view.chat);
  if (!chat) return;
  const action = view.actions.get(chat.id);
  byId("chat-title").textContent =
    chat.type === "private" ? `${titleOf(chat)} with ${model.me.first_name}` : titleOf(chat);
  byId("chat-status").textContent = action ? `${model.me.first_name} is ${action.words}` : describe(chat);
  byId("chat-status").classList.toggle("busy", Boolean(action));
}

function showWriters() {
  const users = writersOf(view.chat);
  const box = byId("writers");
  box.hidden = users.length < 2;
  const now = writer();
  const labels = users.map((user) => {
    const pick = () => {
      view.writers.set(view.chat, user.id);
      showMessages();
      showComposer();
    };
    const radio = el("input", { type: "radio", name: "writer", value: user.id, onchange: pick });
    radio.checked = user === now;
    return el("label", {}, radio, user.first_name);
  });
  box.replaceChildren(box.querySelector("legend"), ...labels);
}

function showAbout() {
  const { engine, endpoint, note } = model.about;
  const parts = [el("b", { text: `Engine: ${engine ?? "unknown"}` })];
  if (note) parts.push(`. ${note}`);
  if (endpoint) parts.push(el("br"), endpoint);
  byId("about").replaceChildren(...parts);
}

// ---------------------------------------------------------------- messages

const keyOf = (message) => `${message.chat.id}:${message.message_id}`;
const fileUrl = (id) => `/api/files/${encodeURIComponent(id)}`;

/** One line that stands for `message`. */
function snippet(message) {
  const words = message.text ?? message.caption ?? message.document?.file_name;
  if (words) return words.replace(/\s+/g, " ");
  return message.photo ? "Picture" : "Message";
}

/** The messages of the chat on show, those of one album together. */
function groups() {
  const found = [];
  const messages = [...(model.messages.get(view.chat)?.values() ?? [])];
  messages.sort((one, other) => one.message_id - other.message_id);
  for (const message of messages) {
    const last = found.at(-1);
    const album = message.media_group_id;
    if (album && last?.[0].media_group_id === album && last.length < 10) last.push(message);
    else found.push([message]);
  }
  return found;
}

function showMessages(toEnd = false) {
  const list = byId("messages");
  const stick = toEnd || isAtEnd();
  const now = groups();
  const quiet = view.entries.size === 0;
  forget(new Set(now.map((group) => keyOf(group[0]))));
  now.forEach((group, at) => {
    const node = entryFor(keyOf(group[0]), group, now[at - 1] ?? null, quiet);
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
  showEmpty(now.length === 0);
  if (stick) scrollToEnd();
  else showToEnd();
}

/** Removes the entries that are no longer there. */
function forget(keys) {
  for (const [key, { node }] of view.entries) {
    if (keys.has(key)) continue;
    node.remove();
    view.entries.delete(key);
  }
}

/** The node of a group: the old one when nothing changed. */
function entryFor(key, group, before, quiet) {
  const follows = before !== null && before[0].from?.id === group[0].from?.id;
  const pressed = [...view.presses.keys()].filter((press) => press.startsWith(`${key}:`));
  const own = group[0].from?.id === writer()?.id;
  const signature = JSON.stringify([group, follows, own, pressed, view.edited.has(key)]);
  const old = view.entries.get(key);
  if (old?.signature === signature) return old.node;
  const node = entry(group, { key, follows, own });
  if (old) {
    replaceKeepingFocus(old.node, node);
  } else if (!quiet) node.classList.add("fresh");
  view.entries.set(key, { node, signature });
  return node;
}

function replaceKeepingFocus(old, node) {
  const places = [...old.querySelectorAll("button, a")];
  const at = places.indexOf(document.activeElement);
  reuseImages(old, node);
  old.replaceWith(node);
  if (at < 0) return;
  const target = [...node.querySelectorAll("button:not(:disabled), a")].at(at);
  (target ?? byId("text")).focus({ preventScroll: true });
}

/** Keeps decoded pictures, so that an album that grows does not flicker. */
function reuseImages(old, node) {
  const known = new Map([...old.querySelectorAll("img")].map((image) => [image.getAttribute("src"), image]));
  for (const image of node.querySelectorAll("img")) {
    const same = known.get(image.getAttribute("src"));
    if (!same) continue;
    same.alt = image.alt;
    image.replaceWith(same);
  }
}

function entry(group, { key, follows, own }) {
  const classes = ["entry", own && "own", follows && "follows"].filter(Boolean).join(" ");
  const reply = el("button", {
    type: "button",
    class: "icon",
    "aria-label": `Reply to: ${snippet(group[0]).slice(0, 60)}`,
    onclick: () => replyTo(group[0].message_id),
  }, icon("reply"));
  const last = group.at(-1);
  const keys = last.reply_markup?.inline_keyboard ? keyboard(last) : null;
  const item = { class: classes, "data-message": group[0].message_id };
  return el("li", item, bubble(group, { key, follows, own }), reply, keys);
}

function bubble(group, { key, follows, own }) {
  const first = group[0];
  const pictures = group.filter((message) => message.photo);
  const captions = pictures.map((message) => message.caption).filter(Boolean);
  const below = captions.length === 1 ? captions[0] : null;
  const text = first.text ?? below ?? (pictures.length === 0 ? first.caption : null);
  return el(
    "div",
    { class: pictures.length > 0 ? "bubble pictures-only" : "bubble" },
    own || follows ? null : el("span", { class: `sender ${tint(first.from?.id)}`, text: nameOf(first) }),
    first.reply_to_message ? quote(first.reply_to_message) : null,
    pictures.length > 0 ? album(pictures, captions.length > 1) : null,
    ...group.filter((message) => message.document).map(fileRow),
    text ? el("span", { class: "words" }, ...linked(text)) : null,
    meta(group, key),
  );
}

function meta(group, key) {
  const message = group.at(-1);
  const time = el("time", { datetime: new Date(message.date * 1000).toISOString(), text: clock(message.date) });
  const edited = group.some((one) => one.edit_date) || view.edited.has(key);
  return el("span", { class: "meta" }, edited ? "edited " : "", time);
}

function quote(target) {
  const known = model.messages.get(view.chat)?.get(target.message_id) ?? target;
  return el(
    "button",
    { type: "button", class: "quote", onclick: () => jumpTo(target.message_id) },
    el("b", { text: nameOf(known) || "Message" }),
    el("span", { text: snippet(known) }),
  );
}

function jumpTo(id) {
  const group = groups().find((messages) => messages.some((message) => message.message_id === id));
  const node = group && view.entries.get(keyOf(group[0]))?.node;
  if (!node) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  const found = node.querySelector(".bubble");
  found.classList.remove("found");
  requestAnimationFrame(() => found.classList.add("found"));
}

/** Text with its addresses as links. */
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"“”«»]+[^\s<>"“”«».,;:!?)\]}'…])/).map((part, at) => {
    if (at % 2 === 0) return part;
    return el("a", { href: part, target: "_blank", rel: "noopener noreferrer", text: part });
  });
}

function pick(sizes, width) {
  const sorted = [...sizes].sort((one, other) => one.width - other.width);
  return sorted.find((size) => size.width >= width) ?? sorted.at(-1);
}

function album(messages, captioned) {
  const rows = ALBUM_ROWS[messages.length] ?? [];
  const spans = rows.flatMap((count) => Array(count).fill(6 / count));
  const pictures = messages.map((message) => ({
    src: fileUrl(pick(message.photo, Infinity).file_id),
    caption: message.caption ?? "",
  }));
  const tiles = messages.map((message, at) => {
    const label = message.caption || `Picture ${at + 1} of ${messages.length}`;
    return tile({
      src: fileUrl(pick(message.photo, PICTURE_WIDTH).file_id),
      label,
      caption: captioned ? message.caption : null,
      span: spans[at],
      open: () => openLightbox(pictures, at),
    });
  });
  return el("div", { class: messages.length === 1 ? "album alone" : "album" }, ...tiles);
}

function tile({ src, label, caption, span, open }) {
  const image = el("img", { src, alt: label, decoding: "async", draggable: "false" });
  const words = caption ? el("span", { text: caption, "aria-hidden": "true" }) : null;
  const classes = span ? `tile span-${span}` : "tile";
  return el("button", { type: "button", class: classes, title: label, onclick: open }, image, words);
}

function fileRow(message) {
  const { file_id: id, file_name: name, mime_type: type } = message.document;
  return el(
    "a",
    { class: "file", href: fileUrl(id), download: name ?? "file" },
    el("i", {}, icon("file")),
    el("span", {}, el("b", { text: name ?? "File" }), el("small", { text: type ?? "" })),
  );
}

/** Keeps the newest message in sight when there is more or less room. */
function wireScroller() {
  const box = byId("scroller");
  let atEnd = true;
  const onScroll = () => {
    atEnd = isAtEnd();
    showToEnd();
  };
  box.addEventListener("scroll", onScroll, { passive: true });
  new ResizeObserver(() => atEnd && scrollToEnd()).observe(box);
  byId("to-end").addEventListener("click", scrollToEnd);
}

function isAtEnd() {
  const box = byId("scroller");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 90;
}

function scrollToEnd() {
  const box = byId("scroller");
  box.scrollTop = box.scrollHeight;
  showToEnd();
}

function showToEnd() {
  byId("to-end").hidden = isAtEnd();
}

function showEmpty(empty) {
  byId("empty").hidden = !empty;
  if (!empty) return;
  const group = chatOf(view.chat)?.type !== "private";
  byId("empty-text").textContent = group
    ? "In a group the bot answers commands only, and keeps silent otherwise."
    : "Say hello to the bot, or ask for pictures.";
  const chips = group ? ["/query bus"] : ["/start", "/query bus"];
  byId("empty-chips").replaceChildren(
    ...chips.map((text) => el("button", { type: "button", text, onclick: () => say(text, null) })),
  );
}

// ----------------------------------------------------------------- buttons

function keyboard(message) {
  const rows = message.reply_markup.inline_keyboard.map((row, y) =>
    el("div", { class: "keys" }, ...row.map((button, x) => key(message, button, `${y}.${x}`))),
  );
  return el("div", { class: "keyboard" }, ...rows);
}

function key(message, button, place) {
  if (button.url) {
    const link = { class: "key", href: button.url, target: "_blank", rel: "noopener noreferrer" };
    return el("a", link, button.text, icon("link"));
  }
  const words = button.switch_inline_query_current_chat ?? button.switch_inline_query;
  if (words !== undefined) {
    return el("button", { type: "button", class: "key", text: button.text, onclick: () => startInline(words) });
  }
  const id = `${keyOf(message)}:${place}`;
  const busy = view.presses.has(id);
  return el("button", {
    type: "button",
    class: "key",
    text: button.text,
    "aria-busy": busy ? "true" : null,
    disabled: !button.callback_data,
    onclick: () => busy || press(id, message, button.callback_data),
  });
}

async function press(key, message, data) {
  view.presses.set(key, null);
  showMessages();
  setTimeout(() => endPress(key, null), PRESS_MS);
  const body = { user: writer().id, chat: message.chat.id, message: message.message_id, data };
  const sent = await trying("The button could not be pressed", async () => {
    const id = String((await post("/api/press", body)).id);
    const early = view.answers.get(id);
    view.answers.delete(id);
    if (early) endPress(key, early);
    else if (view.presses.has(key)) view.presses.set(key, id);
  });
  if (!sent) endPress(key, null);
}

function endPress(key, event) {
  if (!view.presses.delete(key)) return;
  showMessages();
  if (!event?.text) return;
  if (event.show_alert) alertBox(event.text);
  else toast(event.text);
}

function alertBox(text) {
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

// ---------------------------------------------------------------- lightbox

function openLightbox(pictures, at) {
  view.lightbox = { pictures, at };
  showLightbox();
  byId("lightbox").showModal(); // traps the focus, closes on Esc, gives the focus back
}

function showLightbox() {
  const { pictures, at } = view.lightbox;
  const many = pictures.length > 1;
  byId("lightbox-image").src = pictures[at].src;
  byId("lightbox-image").alt = pictures[at].caption || `Picture ${at + 1}`;
  byId("lightbox-caption").textContent = pictures[at].caption;
  byId("lightbox-count").textContent = many ? `${at + 1} of ${pictures.length}` : "";
  byId("lightbox-prev").hidden = !many;
  byId("lightbox-next").hidden = !many;
}

function turn(by) {
  const { pictures, at } = view.lightbox;
  view.lightbox.at = (at + by + pictures.length) % pictures.length;
  showLightbox();
}

// ---------------------------------------------------------------- composer

function replyTo(id) {
  draft().replyTo = id;
  showComposer();
  byId("text").focus();
}

/** Opens the reply that the newest message asks for. */
function adoptForceReply() {
  const last = groups().at(-1)?.at(-1);
  const markup = last?.reply_markup;
  if (!markup?.force_reply) return;
  const asked = last.reply_to_message?.from?.id ?? model.messages.get(view.chat).get(last.reply_to_message?.message_id)?.from?.id;
  if (markup.selective && asked !== undefined && asked !== writer()?.id) return;
  draft().replyTo = last.message_id;
  showComposer();
  if (document.activeElement === document.body) byId("text").focus();
}

function showComposer() {
  const { replyTo: id, photo } = draft();
  const target = id === null ? null : model.messages.get(view.chat)?.get(id);
  byId("reply-bar").hidden = !target;
  if (target) {
    byId("reply-name").textContent = `Reply to ${nameOf(target)}`;
    byId("reply-text").textContent = snippet(target);
  }
  byId("photo-bar").hidden = !photo;
  if (photo) {
    byId("photo-preview").src = photo.url;
    byId("photo-name").textContent = photo.file.name;
  }
  byId("text").placeholder = photo ? "Caption" : (target?.reply_markup?.input_field_placeholder ?? placeholder());
  showSend();
}

function placeholder() {
  return writersOf(view.chat).length > 1 ? `Message as ${writer().first_name}` : "Message";
}

function showSend() {
  byId("send").disabled = byId("text").value.trim() === "" && !draft().photo;
}

function clearComposer() {
  const { photo } = draft();
  if (photo) URL.revokeObjectURL(photo.url);
  view.drafts.delete(view.chat);
  byId("text").value = "";
  closePopup();
  showComposer();
}

async function say(text, reply) {
  const body = { user: writer().id, chat: view.chat, text };
  if (reply !== null) body.reply_to = reply;
  return trying("The message could not be sent", () => post("/api/say", body));
}

async function send() {
  const text = byId("text").value.trim();
  const { replyTo: reply, photo } = draft();
  if (photo) return sendPhoto(photo, text);
  if (text === "") return;
  const chat = view.chat;
  clearComposer();
  if (await say(text, reply)) return;
  if (view.chat === chat && byId("text").value === "") byId("text").value = text;
  showSend();
}

async function sendPhoto(photo, caption) {
  const target = new URLSearchParams({ user: writer().id, chat: view.chat, caption });
  byId("send").disabled = true;
  const sent = await trying("The picture could not be sent", () =>
    post(`/api/photo?${target}`, photo.file, photo.file.type),
  );
  if (sent) clearComposer();
  else showSend();
}

function attach(file) {
  if (!file) return;
  if (!file.type.startsWith("image/")) {
    toast("Only pictures can be sent here.");
    return;
  }
  const old = draft().photo;
  if (old) URL.revokeObjectURL(old.url);
  draft().photo = { file, url: URL.createObjectURL(file) };
  showComposer();
  byId("text").focus();
}

function detach() {
  URL.revokeObjectURL(draft().photo.url);
  draft().photo = null;
  byId("file").value = "";
  showComposer();
  byId("text").focus();
}

// ------------------------------------------------ the popup over the composer

function commandsOfWriter() {
  const code = (writer()?.language_code ?? "").split("-")[0];
  return model.commands[code] ?? model.commands[""] ?? [];
}

/** The commands that go with what is typed: all of them for the button. */
function matching() {
  const typed = byId("text").value;
  if (!typed.startsWith("/")) return commandsOfWriter();
  return commandsOfWriter().filter(({ command }) => `/${command}`.startsWith(typed.toLowerCase()));
}

/** The words after “@bot ”, or null. */
function inlineWords() {
  const start = `@${model.me.username ?? ""} `;
  const typed = byId("text").value;
  return typed.toLowerCase().startsWith(start.toLowerCase()) ? typed.slice(start.length) : null;
}

function typed() {
  draft().text = byId("text").value;
  showSend();
  const words = inlineWords();
  if (words !== null) return askSoon(words);
  const isCommand = /^\/\w*$/.test(byId("text").value) && matching().length > 0;
  if (isCommand) openCommands();
  else closePopup();
}

function openCommands() {
  if (view.popup !== "commands") view.choice = 0;
  view.popup = "commands";
  showPopup();
}

function closePopup() {
  clearTimeout(view.inline.timer);
  clearTimeout(view.inline.late);
  view.inline = { timer: 0, late: 0, id: null, query: null, results: [], next: "" };
  view.popup = null;
  showPopup();
}

function showPopup() {
  const box = byId("popup");
  box.hidden = view.popup === null;
  byId("open-commands").setAttribute("aria-expanded", String(view.popup === "commands"));
  byId("text").removeAttribute("aria-activedescendant");
  if (view.popup === "commands") showCommands(box);
  if (view.popup === "inline") showInline(box);
}

function showCommands(box) {
  const list = matching();
  view.choice = Math.min(view.choice, Math.max(list.length - 1, 0));
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Commands");
  const options = list.map(({ command, description }, at) =>
    el(
      "div",
      {
        class: "option",
        id: `command-${at}`,
        role: "option",
        "aria-selected": String(at === view.choice),
        onmousedown: (event) => event.preventDefault(),
        onclick: () => choose(command),
      },
      el("b", { text: `/${command}` }),
      el("span", { text: description }),
    ),
  );
  box.replaceChildren(...(options.length > 0 ? options : [el("p", { class: "hint", text: "The bot has set no commands yet." })]));
  if (options.length === 0) return;
  byId("text").setAttribute("aria-activedescendant", `command-${view.choice}`);
  options[view.choice].scrollIntoView({ block: "nearest" });
}

/** Sends a command, as Telegram's apps do. */
function choose(command) {
  byId("text").value = `/${command}`;
  send();
  byId("text").focus();
}

function complete(command) {
  byId("text").value = `/${command} `;
  typed();
}

function popupKey(event) {
  if (event.key === "Escape") closePopup();
  else if (view.popup === "commands" && !event.shiftKey) return commandKey(event);
  else if (view.popup === "inline" && ["ArrowUp", "ArrowDown"].includes(event.key)) focusThumb(event.key === "ArrowUp" ? -1 : 0);
  else if (view.popup === "inline" && event.key === "Enter") askNow();
  else return false;
  return true;
}

function commandKey({ key }) {
  const list = matching();
  if (list.length === 0) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step) {
    view.choice = (view.choice + step + list.length) % list.length;
    showPopup();
  } else if (key === "Enter") choose(list[view.choice].command);
  else if (key === "Tab") complete(list[view.choice].command);
  else return false;
  return true;
}

// ------------------------------------------------------------- inline mode

function startInline(words) {
  byId("text").value = `@${model.me.username} ${words}`;
  byId("text").focus();
  typed();
}

function askSoon(words) {
  view.popup = "inline";
  clearTimeout(view.inline.timer);
  if (words === view.inline.query) return showPopup();
  view.inline.timer = setTimeout(askNow, DEBOUNCE_MS);
  showPopup();
}

function askNow() {
  const words = inlineWords();
  clearTimeout(view.inline.timer);
  if (words === null || words === view.inline.query) return;
  clearTimeout(view.inline.late);
  view.inline = { timer: 0, late: 0, id: null, query: words, results: [], next: "" };
  askInline("");
}

function askInline(offset) {
  const state = view.inline;
  state.answered = false;
  state.waited = false;
  state.late = setTimeout(() => {
    state.waited = true;
    if (state === view.inline) showPopup();
  }, INLINE_MS);
  showPopup();
  trying("The inline query could not be sent", async () => {
    const body = { user: writer().id, query: state.query, offset };
    state.id = String((await post("/api/inline", body)).id);
    const early = view.answers.get(state.id);
    if (early) takeInline(early);
  });
}

function takeInline(event) {
  const state = view.inline;
  const id = String(event.id);
  if (id !== state.id) {
    view.answers.set(id, event);
    return;
  }
  view.answers.delete(id);
  clearTimeout(state.late);
  state.answered = true;
  state.results.push(...event.results);
  state.next = event.next_offset ?? "";
  showPopup();
}

/** Pictures of elsewhere cannot be shown here; the server keeps those it could fetch. */
function inlinePicture(result) {
  const thumb = result.thumbnail_file_id ?? result.photo_file_id;
  const full = result.photo_file_id ?? result.thumbnail_file_id;
  return full ? { thumb: fileUrl(thumb), full: fileUrl(full) } : { full: null };
}

function showInline(box) {
  const { query, results, answered, waited, next } = view.inline;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Inline results");
  const pictures = results.map((result) => ({
    ...inlinePicture(result),
    caption: result.caption ?? result.title ?? result.description ?? "",
  }));
  const shown = pictures.filter(({ full }) => full);
  const open = shown.map(({ full, caption }) => ({ src: full, caption }));
  const tiles = shown.map(({ thumb, caption }, at) =>
    tile({ src: thumb, label: caption || `Result ${at + 1}`, open: () => openLightbox(open, at) }),
  );
  const more = answered && next !== ""
    ? el("button", { type: "button", class: "more", text: "More", onclick: () => askInline(next) })
    : null;
  const words = inlineState({ query, answered, waited, found: shown.length });
  const hint = words === null ? null : el("p", { class: "hint", role: "status", text: words });
  const grid = tiles.length > 0 ? el("div", { class: "thumbs" }, ...tiles) : null;
  const at = [...box.querySelectorAll("button")].indexOf(document.activeElement);
  box.replaceChildren(...[grid, more, hint].filter(Boolean));
  if (at >= 0) (box.querySelectorAll("button")[at] ?? byId("text")).focus();
}

function inlineState({ query, answered, waited, found }) {
  if (query === null) return "Inline mode: type what the picture should show.";
  if (answered) return found > 0 ? null : "The bot found nothing.";
  return waited ? "No answer yet." : `Asking the bot for “${query}”…`;
}

function focusThumb(at) {
  [...byId("popup").querySelectorAll("button")].at(at)?.focus();
}

// ------------------------------------------------------------------ faults

function showFaults() {
  const focused = document.activeElement?.dataset.fault;
  byId("faults").replaceChildren(...FAULTS.map(faultSwitch));
  if (focused) byId("faults").querySelector(`[data-fault="${focused}"]`)?.focus();
  showAlarm();
}

function faultSwitch([name, title, what]) {
  const on = Boolean(model.faults[name]);
  const attributes = {
    type: "button",
    role: "switch",
    class: name === "space_asleep" ? "fault timed" : "fault",
    "data-fault": name,
    "aria-checked": String(on),
    onclick: () => trying("The fault could not be switched", () => post("/api/faults", { name, on: !on })),
  };
  const words = el("span", {}, el("b", { text: title }), el("small", { text: what }));
  return el("li", {}, el("button", attributes, words, el("i", { "aria-hidden": "true" })));
}

function showAlarm() {
  const on = Object.values(model.faults).some(Boolean);
  byId("open-panel").classList.toggle("alarm", on);
  byId("open-panel").setAttribute("aria-label", on ? "Traffic and faults: a fault is on" : "Traffic and faults");
}

// ----------------------------------------------------------------- traffic

function takeTraffic(call) {
  model.traffic.push(call);
  if (model.traffic.length > TRAFFIC_ROWS) model.traffic.shift();
  if (view.paused) {
    view.held.push(call);
    showPause();
  } else addCalls([call]);
}

function showTraffic() {
  byId("traffic").replaceChildren();
  addCalls(model.traffic);
  showPause();
}

function addCalls(calls) {
  const list = byId("traffic");
  const stick = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...calls.map(callRow));
  while (list.childElementCount > TRAFFIC_ROWS) list.firstElementChild.remove();
  if (stick) list.scrollTop = list.scrollHeight;
}

function callRow(call) {
  const classes = ["call"];
  if (call.what.startsWith("getUpdates")) classes.push("poll");
  if (call.status >= 400 || call.status === 0) classes.push("trouble");
  if (call.refused) classes.push("refused");
  return el(
    "li",
    { class: classes.join(" "), "data-peer": call.peer },
    el("time", { text: `${(call.at / 1000).toFixed(call.at < 100_000 ? 1 : 0)} s` }),
    el("span", { class: "what" }, ...breakable(readable(call.what))),
    el("span", { class: "status", text: call.status || "cut" }),
    el("span", { class: "took", text: took(call.millis) }),
    call.refused ? el("p", { text: call.refused }) : null,
  );
}

/** `what` with places to break the line. */
function breakable(what) {
  return what.split(/(?=[?&])/).flatMap((part) => [part, el("wbr")]);
}

/** An address with its escapes undone, where it has any. */
function readable(what) {
  try {
    return decodeURIComponent(what.replaceAll("+", " "));
  } catch {
    return what;
  }
}

function took(millis) {
  if (millis >= 1000) return `${(millis / 1000).toFixed(1)} s`;
  return `${millis.toFixed(millis < 10 ? 1 : 0)} ms`;
}

function filterTraffic(button) {
  for (const other of byId("filter").children) other.setAttribute("aria-pressed", String(other === button));
  byId("traffic").dataset.filter = button.dataset.filter;
  byId("traffic").scrollTop = byId("traffic").scrollHeight;
}

function pause() {
  view.paused = !view.paused;
  if (!view.paused) addCalls(view.held.splice(0));
  showPause();
}

function showPause() {
  const button = byId("pause");
  button.setAttribute("aria-label", view.paused ? "Go on" : "Pause");
  button.setAttribute("aria-pressed", String(view.paused));
  button.querySelector("svg").replaceWith(icon(view.paused ? "play" : "pause"));
  byId("held").textContent = view.held.length > 0 ? String(view.held.length) : "";
}

// -------------------------------------------------------- sheets and theme

function openSheet(name, opener) {
  document.body.dataset.sheet = name;
  byId("backdrop").hidden = false;
  byId("main").inert = true;
  view.opener = opener;
  byId(name).querySelector("[data-close-sheet]").focus();
}

function closeSheet() {
  if (!document.body.dataset.sheet) return;
  delete document.body.dataset.sheet;
  byId("backdrop").hidden = true;
  byId("main").inert = false;
  view.opener?.focus();
  view.opener = null;
}

function remembered() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

function setTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

function switchTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const theme = now === "dark" ? "light" : "dark";
  setTheme(theme);
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

// ------------------------------------------------------------------- wires

function onTextKey(event) {
  if (event.isComposing) return;
  if (view.popup !== null && popupKey(event)) event.preventDefault();
  else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape" && draft().replyTo !== null) cancelReply();
}

function cancelReply() {
  draft().replyTo = null;
  showComposer();
  byId("text").focus();
}

function toggleCommands() {
  if (view.popup === "commands") closePopup();
  else openCommands();
  byId("text").focus();
}

function wireComposer() {
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("text").addEventListener("input", typed);
  byId("text").addEventListener("keydown", onTextKey);
  byId("open-commands").addEventListener("click", toggleCommands);
  byId("reply-cancel").addEventListener("click", cancelReply);
  byId("photo-cancel").addEventListener("click", detach);
  byId("attach").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (event) => attach(event.target.files[0]));
  byId("popup").addEventListener("keydown", onThumbKey);
  document.addEventListener("click", (event) => {
    if (view.popup === "commands" && !byId("composer").contains(event.target)) closePopup();
  });
}

function onThumbKey(event) {
  const buttons = [...byId("popup").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" || (step && at + step < 0)) byId("text").focus();
  else if (step) buttons[Math.min(at + step, buttons.length - 1)].focus();
  else return;
  event.preventDefault();
}

function wirePictures() {
  const main = byId("main");
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const shown = (event, on) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    byId("drop").hidden = !on;
  };
  main.addEventListener("dragover", (event) => shown(event, true));
  main.addEventListener("dragleave", (event) => shown(event, main.contains(event.relatedTarget)));
  main.addEventListener("drop", (event) => {
    shown(event, false);
    if (hasFile(event)) attach(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    attach(file);
  });
}

function wireLightbox() {
  const box = byId("lightbox");
  byId("lightbox-prev").addEventListener("click", () => turn(-1));
  byId("lightbox-next").addEventListener("click", () => turn(1));
  byId("lightbox-close").addEventListener("click", () => box.close());
  byId("alert-ok").addEventListener("click", () => byId("alert").close());
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  });
  box.addEventListener("click", (event) => {
    if (["DIALOG", "FIGURE"].includes(event.target.tagName)) box.close();
  });
}

function wireRest() {
  byId("theme").addEventListener("click", switchTheme);
  byId("open-chats").addEventListener("click", (event) => openSheet("chats", event.currentTarget));
  byId("open-panel").addEventListener("click", (event) => openSheet("panel", event.currentTarget));
  byId("backdrop").addEventListener("click", closeSheet);
  for (const button of document.querySelectorAll("[data-close-sheet]")) button.addEventListener("click", closeSheet);
  for (const button of byId("filter").children) button.addEventListener("click", () => filterTraffic(button));
  byId("pause").addEventListener("click", pause);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.dataset.sheet) closeSheet();
  });
  for (const width of ["(max-width: 720px)", "(max-width: 1080px)"]) {
    matchMedia(width).addEventListener("change", closeSheet);
  }
}

setTheme(remembered());
wireComposer();
wireScroller();
wirePictures();
wireLightbox();
wireRest();
showPopup();
listen();
