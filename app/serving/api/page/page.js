/* The page asks what model is served, and shows the form that suits it. */
"use strict";
import { ask, useKey } from "./api.js";
import { startAsking } from "./asking.js";
import { complain, find, plural, readable, say } from "./elements.js";
import { startWriting } from "./writing.js";

const TITLES = {
  "text-classification": ["Which label fits?", "sort"],
  "text-regression": ["What is it worth?", "rate"],
  "token-classification": ["What do the words stand for?", "tag"],
  "causal-lm": ["How does it go on?", "continue"],
};

const SHARES = ["text-classification", "token-classification"]; // whose metrics are shares
const showScore = (model) => SHARES.includes(model.kind) ? `${(model.score * 100).toFixed(1)} %` : model.score.toPrecision(3);

function describe(model) {
  const labels = model.kind === "text-classification" ? `Sorts into ${plural(model.labels.length, "label")}. ` : "";
  const kept = model.keeps_texts ? "Texts are kept on the server." : "Texts are not kept, but for those that you put right.";
  return model.kind === "causal-lm" ? "Write a first line, and the model goes on." : `${labels}${kept}`;
}

async function begin() {
  complain("");
  let model;
  try {
    model = await ask("v1/model");
  } catch (error) {
    find("title").textContent = error.status === 401 ? "A key is needed" : "Out of order";
    if (error.status === 401) askForKey(error);
    else complain(error.message);
    return;
  }
  const [title, verb] = TITLES[model.kind];
  find("key-form").hidden = true;
  find("title").textContent = title;
  document.title = `${model.name}: ${title}`;
  find("model").textContent = `${model.name}${model.version ? `, version ${model.version}` : ""}`;
  find("score").textContent = `${readable(model.metric)} ${showScore(model)} on ${model.split}`;
  find("about").textContent = describe(model);
  if (model.kind === "causal-lm") startWriting();
  else {
    find("go").textContent = verb;
    startAsking(model);
  }
}

let hasAsked = false;
function askForKey(error) {
  find("key-form").hidden = false;
  if (hasAsked) complain(error?.message ?? "The key is no longer taken.");
  hasAsked = true;
  find("key").focus();
}

document.addEventListener("key-needed", () => askForKey());
find("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(find("key").value);
  find("key").value = "";
  say("");
  begin();
});
begin();
