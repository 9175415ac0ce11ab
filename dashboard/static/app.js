// Live updates and small comforts; every page works without it, except for what is live.
"use strict";

// A run's page: whenever something happens the part that changes is asked for again, once a second at most.
// Only sections that differ are put in, so that open details and shown reports stay as they are.
function followRun(live) {
  const run = live.dataset.run;
  let wanted = false, busy = false, over = false;

  function sections(root) {
    return [...root.children].map((part) => [part.querySelector("h2")?.id || part.className, part]);
  }

  for (const [, part] of sections(live)) part.source = part.outerHTML;

  // Parts stay where they are: a report that is moved is loaded again.
  function putIn(fresh) {
    const before = new Map(sections(live));
    let last = null;
    for (const [name, part] of sections(fresh)) {
      const known = before.get(name);
      const source = part.outerHTML;
      before.delete(name);
      if (known && known.source === source) {
        last = known;
        continue;
      }
      part.source = source;
      if (known) {
        for (const open of known.querySelectorAll("details[open][id]")) {
          part.querySelector("#" + CSS.escape(open.id))?.setAttribute("open", "");
        }
        known.replaceWith(part);
      } else if (last) last.after(part);
      else live.prepend(part);
      last = part;
    }
    for (const gone of before.values()) gone.remove();
  }

  async function refresh() {
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      try {
        const answer = await fetch("/runs/" + run + "/live");
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          putIn(page.body);
        }
      } catch {
        // The server is away; the next event tells that it is back.
      }
      await new Promise((done) => setTimeout(done, 1000));
    }
    busy = false;
    // What can be done with a run changes with its end.
    if (over) location.reload();
  }

  const changed = () => { wanted = true; refresh(); };
  const told = Object.fromEntries(["state", "metric", "progress", "note"].map((kind) => [kind, changed]));
  // Whenever the stream is opened anew, something may have been missed.
  listen("/api/runs/" + run + "/events", { ...told, end: () => { over = true; changed(); } }, changed);
}

// Server-sent events until "end". A browser keeps six connections to a server, so a page that nobody looks at
// gives its own back; a browser asks again by itself after a break, but not after an answer like 503.
function listen(address, told, opened) {
  let events = null, timer = 0, over = false;
  const close = () => { clearTimeout(timer); if (events) events.close(); events = null; };
  function open() {
    close();
    if (over || document.hidden) return;
    events = new EventSource(address);
    opened();
    for (const [kind, act] of Object.entries(told)) events.addEventListener(kind, act);
    events.addEventListener("end", () => { over = true; close(); });
    events.addEventListener("error", () => {
      if (events && events.readyState === EventSource.CLOSED) timer = setTimeout(open, 5000);
    });
  }
  document.addEventListener("visibilitychange", open);
  open();
}

function followLog(box) {
  // A stream that is opened tells the log from its beginning; after a break, from where it stopped.
  let fresh = true;
  listen(box.dataset.follow, {
    text: (event) => {
      const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      if (fresh) box.textContent = "";
      fresh = false;
      box.append(event.data);
      if (atEnd) box.scrollTop = box.scrollHeight;
    },
  }, () => { fresh = true; });
}

// Times in words; the exact one in the person's own zone on pointing at it.
function titleTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

// A part that waits for what the server is still asking: put in once, when it is complete.
async function complete(part) {
  for (let tries = 0; tries < 30; tries++) {
    await new Promise((done) => setTimeout(done, 2000));
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (!fresh) return;
      if ("incomplete" in fresh.dataset) continue;
      titleTimes(fresh);
      part.replaceWith(fresh);
      return;
    } catch {
      // The server is away; asked again.
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const live = document.getElementById("live");
  if (live && live.dataset.over === "no") followRun(live);
  const log = document.getElementById("log-text");
  if (log) log.scrollTop = log.scrollHeight;
  if (log && log.dataset.follow) followLog(log);
  const waiting = document.querySelector("[data-reload]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);
  titleTimes(document);
  const incomplete = document.querySelector("[data-incomplete]");
  if (incomplete) complete(incomplete);
  // A link to a field or a part that is folded away unfolds it.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    if (target) target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  unfold();
});
