// The line in which a message is written.

import { attach, detach, sendPhoto } from "./attachment.js";
import { toggleCommands } from "./commands.js";
import { byId } from "./dom.js";
import { onThumbKey } from "./inline.js";
import { draft, groups, model, nameOf, snippet, view, writer, writersOf } from "./model.js";
import { closePopup, popupKey, typed } from "./popup.js";
import { post, trying } from "./requests.js";

export function replyTo(id) {
  draft().replyTo = id;
  showComposer();
  byId("text").focus();
}

/** Opens the reply that the newest message asks for. */
export function adoptForceReply() {
  const last = groups().at(-1)?.at(-1);
  const markup = last?.reply_markup;
  if (!markup?.force_reply) return;
  const asked = last.reply_to_message?.from?.id ?? model.messages.get(view.chat).get(last.reply_to_message?.message_id)?.from?.id;
  if (markup.selective && asked !== undefined && asked !== writer()?.id) return;
  draft().replyTo = last.message_id;
  showComposer();
  if (document.activeElement === document.body) byId("text").focus();
}

export function showComposer() {
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

export function showSend() {
  byId("send").disabled = byId("text").value.trim() === "" && !draft().photo;
}

export function clearComposer() {
  const { photo } = draft();
  if (photo) URL.revokeObjectURL(photo.url);
  view.drafts.delete(view.chat);
  byId("text").value = "";
  closePopup();
  showComposer();
}

export async function say(text, reply) {
  const body = { user: writer().id, chat: view.chat, text };
  if (reply !== null) body.reply_to = reply;
  return trying("The message could not be sent", () => post("/api/say", body));
}

export async function send() {
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

export function wireComposer() {
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
