/* Elements of the page; whatever is put into one is text. */
"use strict";

export const find = (id) => document.getElementById(id);

export function make(name, options = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key === "class") element.className = value;
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const percent = (share) => `${share >= 0.995 ? ">99" : share < 0.005 ? "<1" : Math.round(share * 100)}\u00a0%`;
export const readable = (label) => label.replaceAll("_", " ");
export const plural = (number, name) => `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;

export function say(message) {
  find("status").textContent = message;
}

export function complain(message) {
  find("error").replaceChildren(...(message ? [make("p", { class: "error", textContent: message })] : []));
}
