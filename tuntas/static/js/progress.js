// Moves the bar of a running import. Without this script the page reloads itself.
const box = document.querySelector("[data-progress]");
const bar = box?.querySelector("progress");
const count = box?.querySelector("[data-count]");

async function look() {
  let told;
  try {
    const answer = await fetch(box.dataset.progress, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    told = await answer.json();
  } catch {
    setTimeout(look, 3000); // the server may be starting again; the work goes on
    return;
  }
  if (told.state !== box.dataset.state) {
    location.reload();
    return;
  }
  if (told.total) {
    bar.max = told.total;
    bar.value = Math.min(told.done, told.total);
  }
  count.textContent = new Intl.NumberFormat(document.documentElement.lang).format(told.done);
  setTimeout(look, 500);
}

if (box) setTimeout(look, 500);
