// What the server told (`model`), what the reader is doing (`view`), and functions that read both.

export const model = {
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

export const view = {
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

export const isBot = (message) => message.from?.id === model.me.id;

export const nameOf = (message) => message.from?.first_name ?? message.chat.title ?? "";

export const chatOf = (id) => model.chats.find((chat) => chat.id === id);

export function titleOf(chat) {
  return chat.title ?? chat.first_name ?? model.users.get(chat.id)?.first_name ?? String(chat.id);
}

export function writersOf(chat) {
  const members = model.members[chat] ?? [chat];
  return members.map((id) => model.users.get(id)).filter((user) => user && user.id !== model.me.id);
}

export function writer(chat = view.chat) {
  const users = writersOf(chat);
  return users.find((user) => user.id === view.writers.get(chat)) ?? users[0];
}

export function draft() {
  if (!view.drafts.has(view.chat)) view.drafts.set(view.chat, { text: "", replyTo: null, photo: null });
  return view.drafts.get(view.chat);
}

export const keyOf = (message) => `${message.chat.id}:${message.message_id}`;

/** A summary of `message` in one line. */
export function snippet(message) {
  const words = message.text ?? message.caption ?? message.document?.file_name;
  if (words) return words.replace(/\s+/g, " ");
  return message.photo ? "Picture" : "Message";
}

/** The messages of the chat on show, those of one album together. */
export function groups() {
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
