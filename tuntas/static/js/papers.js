// Typing sheets by keyboard alone: begin where something is missing, go on when the digits are full.
const form = document.querySelector("form[data-typing]");
const answers = form.elements.answers;
const fields = [form.elements.number, form.elements.day, answers].filter((field) => field.type !== "hidden");

if (!document.querySelector("[data-focus]")) {
  (fields.find((field) => !field.value) ?? answers).focus();
}
answers.addEventListener("input", () => {
  if (answers.value.replace(/\s/g, "").length === Number(answers.dataset.full)) form.elements.profile.focus();
});
for (const field of fields) field.addEventListener("focus", () => field.select());
