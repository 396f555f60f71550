// The messages of the open chat, and the scroller that they are in.

import { keyboard } from "./buttons.js";
import { tint } from "./chats.js";
import { replyTo, say } from "./composer.js";
import { byId, el, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { chatOf, groups, keyOf, model, nameOf, snippet, view, writer } from "./model.js";
import { fileUrl } from "./requests.js";

const PICTURE_WIDTH = 480; // enough for a tile on a dense screen

/** Tiles in each row of an album, by its number of pictures. */
const ALBUM_ROWS = [[], [1], [2], [3], [2, 2], [2, 3], [3, 3], [2, 2, 3], [2, 3, 3], [3, 3, 3], [2, 2, 3, 3]];

function clock(seconds) {
  const format = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  return format.format(new Date(seconds * 1000));
}

export function showMessages(toEnd = false) {
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

export function tile({ src, label, caption, span, open }) {
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
export function wireScroller() {
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
