/* A language model goes on with a text, which is shown as it is written. */
"use strict";
import { listen } from "./api.js";
import { complain, find, make, say } from "./elements.js";

let stopping = null;

async function write(prompt) {
  complain("");
  stopping = new AbortController();
  const given = make("span", { class: "given", textContent: prompt });
  const more = document.createTextNode("");
  const story = make("p", { class: "story" }, given, more);
  find("written").hidden = false;
  find("written").replaceChildren(story);
  find("continue").disabled = true;
  find("halt").hidden = false;
  say("writing …");
  const asked = {
    prompt,
    length: find("length").valueAsNumber || 200,
    temperature: Number.isNaN(find("temperature").valueAsNumber) ? 0.8 : find("temperature").valueAsNumber,
    seed: Math.floor(Math.random() * 2 ** 32), // each time another text
    stream: true,
  };
  try {
    for await (const piece of listen("v1/generate", asked, stopping.signal)) {
      if (piece.text) more.appendData(piece.text);
      else say(`written in ${(piece.milliseconds / 1000).toFixed(1)} s`);
    }
  } catch (error) {
    say(error.name === "AbortError" ? "stopped" : "");
    if (error.name !== "AbortError") complain(error.message);
    if (error.status === 401) document.dispatchEvent(new CustomEvent("key-needed"));
  } finally {
    find("continue").disabled = false;
    find("halt").hidden = true;
    if (more.data) {
      const onward = make("button", { type: "button", textContent: "go on from there" });
      onward.addEventListener("click", () => write(prompt + more.data));
      find("written").append(onward);
    }
  }
}

export function startWriting() {
  const isFirst = find("write").hidden;
  find("write").hidden = false;
  if (!isFirst) return;
  find("write").addEventListener("submit", (event) => {
    event.preventDefault();
    write(find("prompt").value);
  });
  find("halt").addEventListener("click", () => stopping?.abort());
  find("write").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("write").requestSubmit();
  });
}
