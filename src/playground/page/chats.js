// The list of chats, the heading of the open one, and who writes in it.

import { adoptForceReply, showComposer } from "./composer.js";
import { byId, el } from "./dom.js";
import { showMessages } from "./messages.js";
import { chatOf, draft, model, snippet, titleOf, view, writer, writersOf } from "./model.js";
import { closeSheet } from "./sheets.js";

export const tint = (id) => `tint-${id === model.me.id ? 0 : id < 0 ? 3 : 2 - (id % 2)}`;

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

export function showChat() {
  showChats();
  showStatus();
  showWriters();
  byId("text").value = draft().text;
  adoptForceReply();
  showComposer();
  showMessages(true);
}

export function showChats() {
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

export function showStatus() {
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

export function showAbout() {
  const { engine, endpoint, note } = model.about;
  const parts = [el("b", { text: `Engine: ${engine ?? "unknown"}` })];
  if (note) parts.push(`. ${note}`);
  if (endpoint) parts.push(el("br"), endpoint);
  byId("about").replaceChildren(...parts);
}
