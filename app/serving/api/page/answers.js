/* The answers as a table, a person's corrections of them, and all of it as a file. */
"use strict";
import { ask } from "./api.js";
import { writeCsv } from "./csv.js";
import { complain, find, make, percent, plural, readable } from "./elements.js";

const SHOWN = 200; // rows; the file has all
const UNSURE = 0.5;

function showText(text) {
  const parts = Array.isArray(text) ? text : [text];
  return make("th", { scope: "row" }, ...parts.map((part) => make("p", { textContent: part })));
}

function showSure(share) {
  const bar = make("span", { class: "bar-of", "aria-hidden": "true" });
  bar.style.setProperty("--share", share);
  return make("td", { class: share < UNSURE ? "sure unsure" : "sure" }, percent(share), bar);
}

function showOthers(alternatives) {
  const items = alternatives.map((other) => make("li", { textContent: `${readable(other.label)}, ${percent(other.probability)}` }));
  return make("td", {}, items.length ? make("ul", { class: "others" }, ...items) : null);
}

// The words with their tags; those that the model did not read are struck out.
function showWords(words) {
  const line = make("td", { class: "tagged" });
  words.forEach((word, place) => {
    if (place) line.append(" ");
    if (word.tag === undefined) line.append(make("span", { class: "unread", textContent: word.word }));
    else if (word.tag === "O") line.append(word.word);
    else line.append(make("mark", {}, word.word, make("small", { textContent: word.tag })));
  });
  return line;
}

const remarkOn = (answer) => answer.is_cut ? make("span", { class: "remark", textContent: "the end was not read: too long" }) : null;

// "wrong?", then the list of labels, then that it is kept.
function offerCorrection(model, text, answer) {
  const cell = make("td", { class: "put-right" });
  const open = make("button", { type: "button", textContent: "wrong?" });
  open.setAttribute("aria-label", `wrong? say what ${Array.isArray(text) ? text[0] : text} should be`.slice(0, 120));
  open.addEventListener("click", () => {
    const id = `right-${answer.id}`;
    const field = model.labels.length ? make("select", { id }) : make("input", { id, type: "number", step: "any", required: true });
    if (model.labels.length) {
      const labels = model.labels.filter((label) => label !== answer.label);
      field.append(...labels.map((label) => make("option", { value: label, textContent: readable(label) })));
    }
    const keep = make("button", { type: "button", textContent: "keep" });
    keep.addEventListener("click", async () => {
      if (!field.value) return field.focus();
      keep.disabled = true;
      complain("");
      try {
        await ask("v1/feedback", { id: answer.id, label: field.value, text });
        const said = make("span", { class: "kept", tabIndex: -1, textContent: `kept: should be ${readable(field.value)}` });
        said.setAttribute("role", "status");
        cell.replaceChildren(said);
        said.focus();
      } catch (error) {
        keep.disabled = false;
        complain(error.message);
      }
    });
    cell.replaceChildren(make("label", { htmlFor: id, textContent: "should be" }), field, make("div", { class: "row" }, keep));
    field.focus();
  });
  cell.append(open);
  return cell;
}

const HEADS = {
  "text-classification": ["text", "label", "confidence", "next likely", "correction"],
  "text-regression": ["text", "value", "correction"],
  "token-classification": ["words"],
};

function showRow(model, { text, answer }) {
  if (model.kind === "token-classification") {
    const cell = showWords(answer.words);
    cell.append(remarkOn(answer) ?? "");
    return make("tr", {}, cell);
  }
  const value = answer.value === undefined ? readable(answer.label) : answer.value.toFixed(2);
  const label = make("td", { class: "label" }, value, remarkOn(answer));
  const rest = answer.value === undefined ? [showSure(answer.probability), showOthers(answer.alternatives)] : [];
  return make("tr", {}, showText(text), label, ...rest, offerCorrection(model, text, answer));
}

function summarise(model, { answer }) {
  if (model.kind === "token-classification") return null;
  if (answer.value !== undefined) return make("p", { class: "answer", textContent: answer.value.toFixed(2) });
  const sure = make("small", { textContent: ` ${percent(answer.probability)} sure` });
  return make("p", { class: "answer" }, readable(answer.label), sure);
}

function asRows(model, results) {
  const names = model.text_columns;
  const texts = (text) => (Array.isArray(text) ? text : [text]);
  if (model.kind === "token-classification") {
    const words = results.flatMap(({ answer }, number) => answer.words.map((word) => [number + 1, word.word, word.tag, word.probability]));
    return [["text", "word", "tag", "probability"], ...words];
  }
  if (model.kind === "text-regression") {
    return [[...names, "value"], ...results.map(({ text, answer }) => [...texts(text), answer.value])];
  }
  const others = results[0].answer.alternatives.flatMap((_, place) => [`label_${place + 2}`, `probability_${place + 2}`]);
  return [
    [...names, "label", "probability", ...others, "is_cut", "id"],
    ...results.map(({ text, answer }) => [
      ...texts(text), answer.label, answer.probability,
      ...answer.alternatives.flatMap((other) => [other.label, other.probability]), answer.is_cut, answer.id,
    ]),
  ];
}

function download(model, results) {
  const address = URL.createObjectURL(new Blob([writeCsv(asRows(model, results))], { type: "text/csv" }));
  make("a", { href: address, download: `${model.name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function showAnswers(model, results) {
  const section = find("results");
  section.hidden = results.length === 0;
  if (!results.length) return section.replaceChildren();
  const left = results.length - SHOWN;
  const save = make("button", { type: "button", textContent: "download as csv" });
  save.addEventListener("click", () => download(model, results));
  const heads = HEADS[model.kind].map((name) => make("th", { scope: "col", textContent: name }));
  const note = left > 0 ? `the first ${SHOWN} of ${plural(results.length, "text")}; the file has all` : plural(results.length, "text");
  const region = make("div", { class: "scroll" }, make("table", {},
    make("caption", { textContent: note }),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...results.slice(0, SHOWN).map((result) => showRow(model, result))),
  ));
  section.replaceChildren(
    ...[results.length === 1 ? summarise(model, results[0]) : null].filter(Boolean),
    make("div", { class: "over-table" }, make("h2", { textContent: results.length === 1 ? "In full" : "Answers" }), save),
    region,
  );
  new ResizeObserver(() => { // the tab key stops at what has to be scrolled
    if (region.scrollWidth > region.clientWidth + 1) {
      region.tabIndex = 0;
      region.setAttribute("role", "group");
      region.setAttribute("aria-label", "answers");
    } else region.removeAttribute("tabindex");
  }).observe(region);
}
