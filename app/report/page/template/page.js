/* Tables that can be sorted and searched. The page is whole without it; it reads nothing but the page, and keeps nothing. */
"use strict";
(() => {
  const ABSENT = new Set(["", "–"]);
  const collator = new Intl.Collator("en", { numeric: true });

  // A cell's own value, without the remark below it.
  const textOf = (cell) =>
    [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("").trim();

  // What a cell is sorted by; null where it holds nothing.
  function keyOf(cell, isNumber) {
    if (!cell) return null;
    if (isNumber) return cell.dataset.sort === undefined ? null : Number(cell.dataset.sort);
    const text = textOf(cell);
    return ABSENT.has(text) ? null : text;
  }

  // Puts the rows in order: those without a value last either way, equal ones as they were.
  function sortRows(body, place, isNumber, order) {
    const sign = order === "descending" ? -1 : 1;
    const compare = isNumber ? (a, b) => a - b : collator.compare;
    const keyed = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[place], isNumber) }));
    keyed.sort((a, b) =>
      a.key === null || b.key === null ? (a.key === null) - (b.key === null) : sign * compare(a.key, b.key),
    );
    body.append(...keyed.map(({ row }) => row));
  }

  // Makes a button of each heading that rows can be sorted by: upwards first, then downwards, and so on.
  function addSorting(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const isNumber = head.classList.contains("number");
      const keys = [...body.rows].map((row) => keyOf(row.cells[place], isNumber));
      if (head.classList.contains("unordered") || keys.every((key) => key === null)) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      const arrow = document.createElement("span");
      arrow.className = "order";
      button.insertBefore(arrow, isNumber ? button.firstChild : button.firstChild.nextSibling);
      button.addEventListener("click", () => {
        const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        sortRows(body, place, isNumber, order);
      });
      head.append(button);
    });
    const hint = document.createElement("span");
    hint.className = "unseen";
    hint.textContent = " Buttons in the column headings sort the rows.";
    table.caption.append(hint);
  }

  // Puts a search field above a table, which hides the rows that lack one of its words; Escape empties it.
  function addFilter(region, table) {
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
    const group = document.createElement("div");
    group.className = "filter";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", region.getAttribute("aria-label"));
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.type = "search";
    field.autocomplete = "off";
    field.spellcheck = false;
    label.append("search the rows", field);
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    group.append(label, status);
    region.before(group);

    function showMatches() {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row, number) => {
        row.hidden = !words.every((word) => texts[number].includes(word));
      });
      const shown = rows.filter((row) => !row.hidden).length;
      group.classList.toggle("narrowed", shown < rows.length);
      status.textContent = `${shown} of ${rows.length} rows shown`;
    }
    field.addEventListener("input", showMatches);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !field.value) return;
      event.preventDefault();
      field.value = "";
      showMatches();
    });
    showMatches();
  }

  // The tab key stops at what has to be scrolled, as long as it has to be.
  function watchTabStops() {
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const beyond = Math.max(target.scrollWidth - target.clientWidth, target.scrollHeight - target.clientHeight);
        if (beyond > 1) target.tabIndex = 0; // what is rounded comes to one
        else if (target !== document.activeElement) target.removeAttribute("tabindex");
      }
    });
    document.querySelectorAll("main [tabindex='0']").forEach((element) => observer.observe(element));
  }

  for (const region of document.querySelectorAll(".scroll:is(.sortable, .filterable)")) {
    const table = region.querySelector("table");
    if (!table?.tHead || !table.tBodies.length) continue;
    if (region.classList.contains("sortable")) addSorting(table);
    if (region.classList.contains("filterable")) addFilter(region, table);
  }
  watchTabStops();
})();
