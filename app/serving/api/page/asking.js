/* The form in which texts are given: one, many lines, or a column of a csv file. */
"use strict";
import { ask, Refused } from "./api.js";
import { showAnswers } from "./answers.js";
import { parseCsv, readText } from "./csv.js";
import { complain, find, make, plural, say } from "./elements.js";

const BYTES = 500_000; // of one request
const encoder = new TextEncoder();

let model = null, table = null, stopping = null;

const form = () => document.querySelector("[name=form]:checked").value;
const isPair = () => model.text_columns.length === 2;

function textOfForm() {
  if (!isPair()) return [find("first").value];
  return [[find("first").value, find("second").value]];
}

function textsOfLines() {
  const lines = find("many").value.split(/\r?\n/).filter((line) => line.trim());
  if (!isPair()) return lines;
  return lines.map((line) => { const [first, ...rest] = line.split("\t"); return [first, rest.join(" ")]; });
}

function textsOfFile() {
  if (!table) throw new Refused("Choose a csv file first.", 0);
  const places = [...find("columns").querySelectorAll("select")].map((select) => Number(select.value));
  const rows = table.slice(1).map((row) => places.map((place) => row[place] ?? ""));
  return rows.filter((row) => row.every((cell) => cell.trim())).map((row) => (isPair() ? row : row[0]));
}

// What is to be asked, or an error that says what is missing.
function collect() {
  const texts = { one: textOfForm, lines: textsOfLines, file: textsOfFile }[form()]();
  const isEmpty = (text) => [text].flat().some((part) => !part.trim());
  const empty = texts.findIndex(isEmpty);
  if (!texts.length || (empty === 0 && texts.length === 1)) {
    throw new Refused(form() === "file" ? "There is no text in that column." : `Please write ${isPair() ? "both texts" : "a text"} first.`, 0);
  }
  if (empty >= 0) throw new Refused(`Line ${empty + 1} has no second text. A tab parts the two.`, 0);
  const long = texts.findIndex((text) => [text].flat().some((part) => part.length > model.most_characters));
  if (long >= 0) {
    const where = texts.length > 1 ? `Text ${long + 1}` : "The text";
    throw new Refused(`${where} is too long: ${model.most_characters.toLocaleString("en")} characters at most.`, 0);
  }
  return texts;
}

// Parts that one request may have.
function* inParts(texts) {
  let part = [], bytes = 0;
  for (const text of texts) {
    const size = encoder.encode(JSON.stringify(text)).length;
    if (part.length && (part.length === model.most_texts || bytes + size > BYTES)) {
      yield part;
      part = [], bytes = 0;
    }
    part.push(text);
    bytes += size;
  }
  if (part.length) yield part;
}

async function submit(event) {
  event.preventDefault();
  complain("");
  const results = [];
  let texts;
  try {
    texts = collect();
  } catch (error) {
    say("");
    return complain(error.message);
  }
  stopping = new AbortController();
  find("go").disabled = true;
  find("stop").hidden = texts.length <= model.most_texts;
  say(texts.length > 1 ? `asking for ${plural(texts.length, "text")} …` : "asking …");
  const began = performance.now();
  try {
    for (const part of inParts(texts)) {
      const answer = await ask("v1/predict", { texts: part, top_k: 3 }, stopping.signal);
      part.forEach((text, place) => results.push({ text, answer: answer.answers[place] }));
      if (texts.length > model.most_texts) say(`${results.length.toLocaleString("en")} of ${plural(texts.length, "text")}`);
    }
    const seconds = (performance.now() - began) / 1000;
    say(`${plural(results.length, "text")} answered in ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`}`);
  } catch (error) {
    const stopped = error.name === "AbortError";
    say(stopped || results.length ? `stopped after ${plural(results.length, "text")}` : "");
    if (!stopped) complain(error.message);
    if (error.status === 401) document.dispatchEvent(new CustomEvent("key-needed"));
  } finally {
    find("go").disabled = false;
    find("stop").hidden = true;
    if (results.length) showAnswers(model, results); // else those before stay: to ask in vain loses nothing
  }
}

function offerColumns() {
  const [heads, ...rows] = table;
  const choices = model.text_columns.map((wanted, number) => {
    const id = `column-${number}`;
    const select = make("select", { id }, ...heads.map((head, place) => make("option", { value: place, textContent: head || `column ${place + 1}` })));
    const same = heads.findIndex((head) => head.trim().toLowerCase() === wanted.toLowerCase());
    const longest = heads.map((_, place) => rows.slice(0, 50).reduce((sum, row) => sum + (row[place] ?? "").length, 0));
    select.value = same >= 0 ? same : number ? number : longest.indexOf(Math.max(...longest));
    return [make("label", { htmlFor: id, textContent: isPair() ? `column of ${wanted}` : "column with the texts" }), select];
  });
  find("columns").replaceChildren(...choices.flat());
  find("columns").hidden = false;
}

async function take(file) {
  complain("");
  table = parseCsv((await readText(file)).replace(/^\ufeff/, ""));
  find("columns").hidden = true;
  if (table.length < 2) {
    table = null;
    say("");
    return complain(`${file.name} has no rows below its first line, which names the columns.`);
  }
  offerColumns();
  say(`${file.name}: ${plural(table.length - 1, "row")}`);
}

function show(name) {
  for (const part of ["one", "lines", "file"]) find(part).hidden = part !== name;
  complain("");
}

export function startAsking(given) {
  const isFirst = model === null;
  model = given;
  find("ask").hidden = false;
  find("second-part").hidden = find("lines-hint").hidden = !isPair();
  if (isPair()) {
    find("one-name").textContent = "one pair";
    find("first-name").textContent = "First text";
  }
  if (!isFirst) return;
  find("ask").addEventListener("submit", submit);
  find("stop").addEventListener("click", () => stopping?.abort());
  document.querySelectorAll("[name=form]").forEach((choice) => choice.addEventListener("change", () => show(form())));
  find("upload").addEventListener("change", (event) => { if (event.target.files[0]) take(event.target.files[0]); });
  find("ask").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("ask").requestSubmit();
  });
  const drop = find("drop");
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => { // anywhere on the page: a file beside the field must not replace the page
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name !== "drop" || !event.dataTransfer.files[0]) return;
      document.querySelector("[name=form][value=file]").checked = true;
      show("file");
      take(event.dataTransfer.files[0]);
    });
  }
}
