// Elements of the document. All text enters by `textContent`.

const TOAST_MS = 4000;

export const byId = (id) => document.getElementById(id);

/** An element; `on…` are listeners, `text` is its text, everything else an attribute. */
export function el(tag, attributes = {}, ...children) {
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

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function toast(text) {
  const node = el("p", { text });
  byId("toasts").append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

export function announce(text) {
  const node = byId("announcer");
  node.textContent = "";
  node.append(el("p", { text }));
}
