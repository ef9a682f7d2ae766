"use strict";
(() => {
  const root = document.documentElement;
  const lang = root.lang || undefined;
  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  const value = (row, at) => {
    const cell = row.cells[at];
    if (!("v" in cell.dataset)) return cell.textContent.trim();
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    const heads = [...table.querySelectorAll("tr.sorts th")];
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const was = head.getAttribute("aria-sort");
        const down = was === "none" ? head.classList.contains("n") : was === "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [value(row, at), row]);
        rows.sort(([a], [b]) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : (down ? -1 : 1) * compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // What is typed has plain spaces, what is shown has some that do not break.
  const plain = (text) => text.replace(/\s+/g, " ").trim().toLowerCase();
  // A picker with data-at asks for what stands in that cell, any other for the row's kind.
  const pickers = (id) => [...document.querySelectorAll(`[data-kind="${id}"]`)].filter((e) => e.matches("select, input"));
  const text = (cell) => cell.dataset.v ?? plain(cell.textContent);
  const asked = (picker) =>
    picker.matches("input") ? picker.value.replace(/[,\s]/g, "") : picker.dataset.at ? plain(picker.value) : picker.value;
  const show = (id) => {
    const table = document.getElementById(id);
    const wanted = plain(document.querySelector(`[data-filter="${id}"]`).value);
    const picks = pickers(id).filter((picker) => plain(picker.value));
    const picked = (row) => picks.every((p) => (p.dataset.at ? text(row.cells[p.dataset.at]) : row.dataset.kind) === asked(p));
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const fits = plain(row.textContent).includes(wanted) && picked(row);
      row.hidden = !fits;
      shown += fits;
    }
    const all = table.tBodies[0].rows.length;
    const count = document.querySelector(`[data-count="${id}"]`);
    const said = shown === all ? count.dataset.all : count.dataset.some;
    count.textContent = said.replace("{n}", shown.toLocaleString(lang)).replace("{all}", all.toLocaleString(lang));
  };
  for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
  for (const input of document.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => show(input.dataset.filter));
    show(input.dataset.filter);
  }
  for (const picker of document.querySelectorAll("select[data-kind], input[data-kind]")) {
    picker.addEventListener("input", () => show(picker.dataset.kind));
  }
  for (const link of document.querySelectorAll("a[data-pick]")) {
    const id = link.dataset.pick;
    link.addEventListener("click", () => {
      document.querySelector(`[data-filter="${id}"]`).value = "";
      for (const picker of pickers(id)) picker.value = link.dataset[`at${picker.dataset.at}`] ?? "";
      show(id);
    });
  }

  const scenario = document.getElementById("scenario");
  if (scenario) {
    const views = [...document.querySelectorAll(".view")];
    scenario.closest(".switch").hidden = false;
    const turn = () => views.forEach((view) => (view.hidden = view.dataset.view !== scenario.value));
    scenario.addEventListener("change", turn);
    turn();
  }

  const tip = document.getElementById("tip");
  const away = () => (tip.hidden = true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && away());
  document.addEventListener("scroll", away, { capture: true, passive: true });
  document.documentElement.addEventListener("pointerleave", away);
  document.addEventListener("pointermove", (event) => {
    const over = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    tip.hidden = !over;
    if (!over) return;
    if (tip.textContent !== over.dataset.tip) tip.textContent = over.dataset.tip;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
  });
})();
