/* Csv files: read as rows of cells, and written so that no cell is a formula. */
"use strict";

// The text of a file: UTF-8, or else what older spreadsheets of the West write.
export async function readText(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

// The sign that parts the cells of the first line: the most frequent outside of quotes.
function findSeparator(text) {
  const line = text.split(/\r?\n/, 1)[0].replace(/"[^"]*"/g, "");
  const count = (sign) => line.split(sign).length;
  return [",", ";", "\t"].sort((a, b) => count(b) - count(a))[0];
}

export function parseCsv(text) {
  const separator = findSeparator(text);
  const rows = [];
  let row = [], cell = "", quoted = false;
  const endCell = () => { row.push(cell); cell = ""; };
  const endRow = () => { endCell(); if (row.length > 1 || row[0] !== "") rows.push(row); row = []; };
  for (let place = 0; place < text.length; place++) {
    const letter = text[place];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[place + 1] === '"') { cell += '"'; place++; }
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  if (cell || row.length) endRow();
  return rows;
}

function writeCell(value) {
  const text = value === undefined || value === null ? "" : String(value);
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function writeCsv(rows) {
  return "\ufeff" + rows.map((row) => row.map(writeCell).join(",")).join("\r\n") + "\r\n";
}
