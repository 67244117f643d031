// Keys of the inbox beside those of staff.js; every page works without them.
const rows = [...document.querySelectorAll("[data-row]")];
const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select");

// In the list j and n go down, k and p up, x ticks the row pointed at.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !rows.length) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const step = { j: 1, n: 1, k: -1, p: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const next = Math.min(Math.max(here + step, 0), rows.length - 1);
    rows[next].querySelector("[data-row-link]").focus();
  } else if (event.key === "x" && here >= 0) {
    event.preventDefault();
    rows[here].querySelector("[type=checkbox]")?.click();
  }
});

// Leaving a box of text gives the keys back.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
});

// A chosen template stands in the answer at once, unless something else was typed there.
for (const choice of document.querySelectorAll("[data-fill]")) {
  const box = document.getElementById(choice.dataset.fill);
  let filled = "";
  choice.addEventListener("change", () => {
    const text = choice.selectedOptions[0].dataset.text ?? "";
    if (box.value.trim() && box.value !== filled) box.value += `\n\n${text}`;
    else box.value = text;
    filled = box.value;
  });
  choice.closest("form").querySelector("[data-fill-button]").hidden = true;
}
