// The buttons below a message.

import { byId, el, icon, toast } from "./dom.js";
import { startInline } from "./inline.js";
import { showMessages } from "./messages.js";
import { keyOf, view, writer } from "./model.js";
import { post, trying } from "./requests.js";

const PRESS_MS = 20000;

export function keyboard(message) {
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

export function endPress(key, event) {
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
