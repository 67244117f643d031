// Keys for an officer who reads aloud: a digit answers the question and goes to the next one.
const form = document.querySelector("form[data-assisted]");
const steps = [...form.querySelectorAll("[data-step]")];
const questions = steps.filter((step) => step.querySelector("input[name^=q]"));
let at = Math.max(0, questions.findIndex((step) => !step.querySelector("input:checked")));

function go(to) {
  at = Math.max(0, Math.min(to, questions.length));
  const step = steps[at];
  const target = step.querySelector("input:checked") ?? step.querySelector("input, select, textarea");
  target.focus({ preventScroll: true });
  step.scrollIntoView({ block: "center" });
}

form.addEventListener("focusin", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) at = steps.indexOf(step);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at >= questions.length) return;
  if (event.target.closest("textarea, select")) return;
  const options = questions[at].querySelectorAll("input");
  const option = /^[1-9]$/.test(event.key) ? options[Number(event.key) - 1] : null;
  if (option) {
    event.preventDefault();
    option.checked = true;
    go(at + 1);
  } else if (event.key === "Backspace") {
    event.preventDefault();
    go(at - 1);
  }
});

// A tap goes on too; arrow keys, which also change the choice, stay.
let tapped = false;
form.addEventListener("pointerdown", () => { tapped = true; });
form.addEventListener("keydown", () => { tapped = false; });
form.addEventListener("change", (event) => {
  const step = event.target.closest("[data-step]");
  if (tapped && questions.includes(step)) go(steps.indexOf(step) + 1);
});

// With a receipt on top the page stays there; the keys work all the same.
if (!document.getElementById("receipt") && !document.querySelector(".problem")) go(at);
