// Times of schedules in the person's own zone, and what a cron expression means while it is typed.
"use strict";

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function local(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) + " (" + ownZone + ")";
}

function showKind(form) {
  for (const part of form.querySelectorAll("[data-kinds]")) {
    // Not the attribute hidden: the grid of fields outweighs it.
    part.style.display = part.dataset.kinds.split(" ").includes(form.elements.kind.value) ? "" : "none";
  }
}

async function showPreview(form, box) {
  if (form.elements.kind.value !== "cron") return;
  const asked = new URLSearchParams({ cron: form.elements.cron.value, time_zone: form.elements.time_zone.value });
  let told;
  try {
    const answer = await fetch("/api/schedules/preview?" + asked);
    told = await answer.json();
    if (!answer.ok) told = { words: told.detail, times: [] };
  } catch {
    return;
  }
  const words = document.createElement("p");
  words.textContent = told.words;
  const list = document.createElement("ol");
  list.className = "plain";
  for (const time of told.times) {
    const item = document.createElement("li");
    item.textContent = local(time);
    list.append(item);
  }
  box.replaceChildren(words, list);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const time of document.querySelectorAll("time[data-local]")) time.textContent = local(time.dateTime);
  for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    });
  }
  const form = document.getElementById("schedule-form");
  const box = document.getElementById("cron-preview");
  // The settings are others with another pipeline.
  const choice = document.getElementById("choose-pipeline");
  if (choice) choice.addEventListener("change", () => choice.submit());
  if (!form) return;
  if ("new" in form.dataset) form.elements.time_zone.value = ownZone;
  let timer;
  form.addEventListener("input", (event) => {
    if (event.target.name === "kind") showKind(form);
    if (!["kind", "cron", "time_zone"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(() => showPreview(form, box), 250);
  });
  showKind(form);
  showPreview(form, box);
});
