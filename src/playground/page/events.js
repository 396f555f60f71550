// What the server sends: each event enters `model`, and the page shows what changed.

import { endPress } from "./buttons.js";
import { showAbout, showChat, showChats, showStatus } from "./chats.js";
import { adoptForceReply } from "./composer.js";
import { announce, byId } from "./dom.js";
import { showFaults } from "./faults.js";
import { takeInline } from "./inline.js";
import { showMessages } from "./messages.js";
import { isBot, keyOf, model, nameOf, snippet, view } from "./model.js";
import { showPopup } from "./popup.js";
import { MAX_TRAFFIC_ROWS, showTraffic, takeTraffic } from "./traffic.js";

const ACTION_MS = 5000;
const ACTIONS = {
  upload_photo: "sending a photo…",
  upload_document: "sending a file…",
  typing: "typing…",
};

export function listen() {
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
  about: (about) => {
    model.about = about;
    showAbout();
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
  model.traffic = state.traffic.slice(-MAX_TRAFFIC_ROWS);
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
