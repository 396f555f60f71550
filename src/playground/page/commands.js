// The menu of the bot's commands.

import { send } from "./composer.js";
import { byId, el } from "./dom.js";
import { model, view, writer } from "./model.js";
import { closePopup, showPopup, typed } from "./popup.js";

function commandsOfWriter() {
  const code = (writer()?.language_code ?? "").split("-")[0];
  return model.commands[code] ?? model.commands[""] ?? [];
}

/** The commands that start with the typed text; all of them if no command is being typed. */
export function matching() {
  const typed = byId("text").value;
  if (!typed.startsWith("/")) return commandsOfWriter();
  return commandsOfWriter().filter(({ command }) => `/${command}`.startsWith(typed.toLowerCase()));
}

export function openCommands() {
  if (view.popup !== "commands") view.choice = 0;
  view.popup = "commands";
  showPopup();
}

export function toggleCommands() {
  if (view.popup === "commands") closePopup();
  else openCommands();
  byId("text").focus();
}

export function showCommands(box) {
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

export function commandKey({ key }) {
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
